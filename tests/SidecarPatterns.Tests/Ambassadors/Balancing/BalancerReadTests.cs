namespace SidecarPatterns.Tests;

/// <summary>How the endpoints stand as one, and how each stands; and how many hosts are remembered.</summary>
[TestFixture]
internal sealed class BalancerReadTests
{
    private readonly ManualClock _clock = new();

    [Test]
    public void Read_HostsAreOpen_IsClosedAsLongAsOneIsAndThenSaysTheShortestTime()
    {
        var balancer = Create();
        balancer.Replace([new EndpointSpec(null)]);
        var (first, second) = (HostOf(balancer, "a.test"), HostOf(balancer, "b.test"));

        first.Health.Trip();
        Assert.That((balancer.Read().State, balancer.Read().RetryAfter), Is.EqualTo((CircuitState.Closed, (TimeSpan?)null)));
        _clock.Pass(TimeSpan.FromSeconds(2));
        second.Health.Trip();

        Assert.That((balancer.Read().State, balancer.Read().RetryAfter), Is.EqualTo((CircuitState.Open, TimeSpan.FromSeconds(3))));
    }

    [Test]
    public void Read_OneIsBeingProbedAndTheOtherIsOpen_SaysTheTimeOfThat()
    {
        var balancer = Create();
        balancer.Replace([Spec(1), Spec(2)]);
        balancer.Set.All[0].Health.Trip();
        _clock.Pass(TimeSpan.FromSeconds(5));
        balancer.Set.All[0].Health.EndBreak();
        balancer.Set.All[1].Health.Trip();

        Assert.That((balancer.Read().State, balancer.Read().RetryAfter), Is.EqualTo((CircuitState.HalfOpen, TimeSpan.FromSeconds(5))));
    }

    [Test]
    public void TakeSnapshots_SayWhatIsKnownAndSinceWhen()
    {
        var balancer = Create();
        balancer.Replace([Spec(1), Spec(2)]);
        _clock.Pass(TimeSpan.FromSeconds(3));
        var trippedAt = _clock.GetUtcNow();
        balancer.Set.All[0].Health.Trip();
        _clock.Pass(TimeSpan.FromSeconds(2));
        balancer.Set.All[1].RecordAnswer(0.25, _clock.Now, balancer.Scale);

        var snapshots = balancer.TakeSnapshots();

        Assert.That(snapshots.Select(static snapshot => snapshot.CircuitSince), Is.EqualTo([trippedAt, trippedAt - TimeSpan.FromSeconds(3)]));
        Assert.That(snapshots.Select(static snapshot => snapshot.Latency), Is.EqualTo([(TimeSpan?)null, TimeSpan.FromSeconds(0.25)]));
        _clock.Pass(TimeSpan.FromDays(1));
        Assert.That(balancer.TakeSnapshots()[1].Latency, Is.EqualTo(TimeSpan.Zero), "it is known still");
    }

    [Test]
    public void TryPickHost_MoreThanThereMayBe_ForgetsAnEighthAndOne()
    {
        var balancer = Create();
        balancer.Replace([new EndpointSpec(null)]);
        for (var i = 0; i < 8; i++)
        {
            HostOf(balancer, $"host-{i}.test");
            _clock.Pass(TimeSpan.FromSeconds(2));
        }

        Assert.That(balancer.KnownCount, Is.EqualTo(1 + 8), "and that which stands for them");
        HostOf(balancer, "another.test");

        Assert.That(balancer.KnownCount, Is.EqualTo(1 + 7));
    }

    [Test]
    public void TryPickHost_ItsCircuitIsOpen_IsRememberedWhileItIsAskedFor()
    {
        var balancer = Create(breakDuration: TimeSpan.FromHours(1));
        balancer.Replace([new EndpointSpec(null)]);
        HostOf(balancer, "bad.test").Health.Trip();

        for (var i = 0; i < 100; i++)
        {
            HostOf(balancer, $"host-{i}.test");
            _clock.Pass(TimeSpan.FromSeconds(2));
            Assert.That(balancer.TryPickHost(new Uri("http://bad.test/"), _clock.Now, PickPurpose.Attempt, null, out _, out _), Is.False);
        }
    }

    [Test]
    public void OnTransition_OfHosts_TellsOfEachAndOnceOfWhatIsForced()
    {
        var told = new List<(CircuitState From, CircuitState To)>();
        var balancer = Create((from, to) => told.Add((from, to)));
        balancer.Replace([new EndpointSpec(null)]);
        var (first, second) = (HostOf(balancer, "a.test"), HostOf(balancer, "b.test"));

        first.Health.Trip();
        second.Health.Trip();
        balancer.ForceOpen();
        balancer.Release();

        Assert.That(told, Is.EqualTo([
            (CircuitState.Closed, CircuitState.Open), (CircuitState.Closed, CircuitState.Open),
            (CircuitState.Closed, CircuitState.ForcedOpen), (CircuitState.ForcedOpen, CircuitState.Closed)]));
    }

    private static EndpointSpec Spec(int i) => BalancerSimulation.Spec(SimulatedServer.Good(1), i);

    private BalancedEndpoint HostOf(Balancer balancer, string host)
    {
        Assert.That(balancer.TryPickHost(new Uri($"http://{host}/"), _clock.Now, PickPurpose.Attempt, null, out var lease, out _));
        return lease.Endpoint;
    }

    private Balancer Create(Action<CircuitState, CircuitState>? onTransition = null, TimeSpan? breakDuration = null)
    {
        var breaker = new AmbassadorCircuitBreakerOptions { BreakJitter = 0 };
        (breaker.BreakDuration, breaker.MaxBreakDuration) = (breakDuration ?? breaker.BreakDuration, breakDuration ?? breaker.MaxBreakDuration);
        return new Balancer(_clock, new AmbassadorBalancingOptions { MaxEndpoints = 8 }, breaker, new Random(5))
        {
            OnTransition = (_, from, to) => onTransition?.Invoke(from, to),
        };
    }
}
