namespace SidecarPatterns.Tests;

/// <summary>Which one is picked of those that are in order, where what each takes is known and stays the same.</summary>
[TestFixture]
internal sealed class BalancerDrawTests
{
    private const int Picks = 3_000;

    private readonly ManualClock _clock = new();

    [Test]
    public void TryPick_ThreeThatDiffer_IsTheBetterOfAnyTwo()
    {
        var balancer = Create(new Random(7), (1, 0.2), (1, 0.4), (1, 0.1));

        var shares = SharesOf(balancer);

        // Each two are drawn as often: the best is the better of two pairs, the next one of one.
        Assert.That(shares[1], Is.Zero);
        Assert.That(shares, Is.EqualTo([1 / 3.0, 0, 2 / 3.0]).Within(0.03));
    }

    [Test]
    public void TryPick_WeightsDifferAndNothingElse_EachGetsItsShare() =>
        Assert.That(SharesOf(Create(new Random(7), (9, 0.1), (1, 0.1))), Is.EqualTo([0.9, 0.1]).Within(0.02));

    [Test]
    public void TryPick_TheLighterIsMuchQuicker_IsIt() =>
        Assert.That(SharesOf(Create(new Random(7), (2, 1), (1, 0.1))), Is.EqualTo([0, 1]));

    [Test]
    public void TryPick_TheHeavierStartsSlowly_GetsThatPartOfItsShare()
    {
        var balancer = Create(new Random(7), (10, 0.1), (1, 0.1));
        balancer.Set.All[0].StartSlowly(_clock.Now - TimeSpan.FromSeconds(2).Ticks);

        Assert.That(SharesOf(balancer)[0], Is.EqualTo(10 / 11.0 * 0.2).Within(0.02));
    }

    [Test]
    public void TryPick_OnlyOneIsNotBeingFoundOut_IsIt([Values(0, 7, 19)] int known)
    {
        var balancer = Create(new Random(7), [.. Enumerable.Range(0, 20).Select(i => (1.0, i == known ? 0.1 : -1))]);
        foreach (var endpoint in balancer.Set.All.Where((_, i) => i != known))
        {
            endpoint.Enter();
        }

        Assert.That(SharesOf(balancer)[known], Is.EqualTo(1));
    }

    [Test]
    public void TryPick_TwoThatAreBeingFoundOutAreDrawn_DrawsAgain()
    {
        var balancer = Create(new ScriptedLots((0, 0), (3, 1)), (1, -1), (1, -1), (1, 0.2), (1, 0.1));
        balancer.Set.All[0].Enter();
        balancer.Set.All[1].Enter();

        Assert.That(Pick(balancer).Endpoint, Is.SameAs(balancer.Set.All[3]));
    }

    [Test]
    public void TryPick_AllAreBeingFoundOut_IsOneThatTheCallHasNotBeenTo()
    {
        var balancer = Create(new Random(7), (1, -1), (1, -1), (1, -1));
        Array.ForEach(balancer.Set.All, static endpoint => endpoint.Enter());
        var tried = default(TriedEndpoints);
        tried.Add(balancer.Set.All[1]);

        for (var i = 0; i < 100; i++)
        {
            Assert.That(Pick(balancer, tried).Endpoint, Is.Not.SameAs(balancer.Set.All[1]));
        }
    }

    [Test]
    public void TryPick_OneAsksToBeSpared_IsTheOtherForThatLong()
    {
        var balancer = Create(new Random(7), (1, 0.1), (1, 0.1));
        EndpointLease lease;
        while ((lease = Pick(balancer)).Endpoint != balancer.Set.All[0])
        {
            balancer.GiveBack(lease, _clock.Now);
        }

        balancer.End(lease, AttemptClass.Throttled, HealthEffect.Neutral, _clock.Now, TimeSpan.FromSeconds(20));

        Assert.That(SharesOf(balancer), Is.EqualTo([0, 1]));
        _clock.Pass(TimeSpan.FromSeconds(19));
        Assert.That(SharesOf(balancer), Is.EqualTo([0, 1]));
        _clock.Pass(TimeSpan.FromSeconds(11));
        Assert.That(SharesOf(balancer)[0], Is.GreaterThan(0.4));
    }

    // What is picked is given back, so that each pick finds things as the one before.
    private double[] SharesOf(Balancer balancer)
    {
        var counts = balancer.Set.All.ToDictionary(static endpoint => endpoint, static _ => 0);
        for (var i = 0; i < Picks; i++)
        {
            var lease = Pick(balancer);
            counts[lease.Endpoint]++;
            balancer.GiveBack(lease, _clock.Now);
        }

        return [.. balancer.Set.All.Select(endpoint => counts[endpoint] / (double)Picks)];
    }

    private EndpointLease Pick(Balancer balancer, TriedEndpoints tried = default)
    {
        Assert.That(balancer.TryPick(_clock.Now, PickPurpose.Attempt, tried, null, out var lease, out _));
        return lease;
    }

    // A negative number of seconds: nothing is known of it.
    private Balancer Create(Random random, params (double Weight, double Seconds)[] endpoints)
    {
        var balancer = new Balancer(_clock, new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions(), random);
        balancer.Replace(endpoints.Select(static (endpoint, i) => new EndpointSpec(new EndpointAddress(new Uri($"http://server-{i}.test/")), endpoint.Weight)));
        foreach (var (endpoint, (_, seconds)) in balancer.Set.All.Zip(endpoints))
        {
            if (seconds >= 0)
            {
                endpoint.RecordAnswer(seconds, _clock.Now, balancer.Scale);
            }
        }

        return balancer;
    }

    /// <summary>Lots that draw given places among four: the first one of all, and the other one of the three that are left.</summary>
    private sealed class ScriptedLots(params (int First, int Other)[] draws) : Random
    {
        private int _next;

        public override long NextInt64()
        {
            var (first, other) = draws[_next++];
            return ((((long)first << 31) + (1L << 30)) / 4 << 32) | ((((long)other << 32) + (1L << 31)) / 3);
        }
    }
}
