namespace SidecarPatterns.Tests;

/// <summary>What is known of endpoints that come and go.</summary>
[TestFixture]
internal sealed class BalancerStateTests
{
    private readonly ManualClock _clock = new();

    [Test]
    public void Replace_EndpointStays_KeepsAllThatIsKnownAndTakesTheNewWeight()
    {
        var balancer = Create();
        balancer.Replace([Spec(1), Spec(2)]);
        var kept = balancer.Set.All[0];
        kept.Health.Trip();

        balancer.Replace([Spec(3), Spec(1) with { Weight = 7, Priority = 0 }]);

        Assert.That(balancer.Set.All[1], Is.SameAs(kept));
        Assert.That((kept.Weight, kept.Health.Read().State), Is.EqualTo((7, CircuitState.Open)));
    }

    [Test]
    public void Replace_OneOfThoseThatStayInIsLeft_ItDoesNotStayInAnyMore()
    {
        var balancer = Create();
        balancer.Replace([Spec(1), Spec(2), Spec(3)]);
        var all = balancer.Set.All;
        all[0].Health.Trip();
        all[1].Health.Trip();
        Assert.That(all.Select(static endpoint => endpoint.StaysIn), Is.EqualTo([false, true, false]));

        balancer.Replace([Spec(2)]);
        Assert.That(all[1].StaysIn, Is.False, "there is no other");

        balancer.Replace([Spec(1), Spec(2), Spec(3)]);
        Assert.That(all[1].StaysIn);
        balancer.Replace([Spec(3)]);
        Assert.That(all[1].StaysIn, Is.False, "it has left");
    }

    [TestCase(9.9, true)]
    [TestCase(10, false)]
    public void Replace_EndpointComesBack_IsKnownForTenMinutes(double minutes, bool isKnown)
    {
        var balancer = Create();
        balancer.Replace([Spec(1), Spec(2)]);
        var before = balancer.Set.All[0];
        balancer.Replace([Spec(2), Spec(3)]);

        _clock.Pass(TimeSpan.FromMinutes(minutes));
        balancer.Replace([Spec(1), Spec(2)]);

        Assert.That(ReferenceEquals(balancer.Set.All[0], before), Is.EqualTo(isKnown));
    }

    [Test]
    public void Replace_TenThousandInTurn_StaysWithinTheLimitAndForgetsTheOldestFirst()
    {
        var balancer = Create();
        for (var i = 0; i < 10_000; i += 10)
        {
            balancer.Replace(Enumerable.Range(i, 10).Select(Spec));
            _clock.Pass(TimeSpan.FromMilliseconds(1));
            Assert.That(balancer.KnownCount, Is.LessThanOrEqualTo(1024));
        }

        Assert.That(balancer.KnownCount, Is.GreaterThan(1000));
        Assert.That(balancer.Set.All.Select(static endpoint => endpoint.Ordinal), Is.All.InRange(0, 1023), "numbers are used again: they are tags of metrics");
        balancer.Replace([Spec(9_500)]);
        Assert.That(balancer.KnownCount, Is.GreaterThan(1000), "one that left of late is known still");
    }

    [Test]
    public void Replace_MoreThanThereMayBe_UsesTheFirstAndSaysSo()
    {
        var balancer = Create();

        Assert.That(balancer.Replace(Enumerable.Range(0, 1_025).Select(Spec)), Is.False);
        Assert.That(balancer.Set.All, Has.Length.EqualTo(1024));
        Assert.That(balancer.Set.All.Select(static endpoint => endpoint.Ordinal), Is.Unique);
        Assert.That(balancer.Replace([Spec(1), Spec(1)]), Is.True);
        Assert.That(balancer.Set.Single, Is.Not.Null, "the same twice is one");
    }

    [Test]
    public void Replace_EndpointLeaves_GetsNoNewRequestAndItsOwnEndsInPeace()
    {
        var balancer = Create();
        balancer.Replace([Spec(1), Spec(2), Spec(3)]);
        var leaving = balancer.Set.All[0];
        EndpointLease lease;
        while (!(balancer.TryPick(_clock.Now, PickPurpose.Attempt, default, null, out lease, out _) && lease.Endpoint == leaving))
        {
            balancer.EndGood(lease, _clock.Now);
        }

        balancer.Replace([Spec(2), Spec(3)]);
        for (var i = 0; i < 100; i++)
        {
            balancer.TryPick(_clock.Now, PickPurpose.Attempt, default, null, out var other, out _);
            Assert.That(other.Endpoint, Is.Not.SameAs(leaving));
            balancer.EndGood(other, _clock.Now);
        }

        balancer.EndGood(lease, _clock.Now);
        Assert.That(leaving.InFlight, Is.Zero);
    }

    [Test]
    public void Replace_ToOneAndBack_CountsRight()
    {
        var balancer = Create();
        balancer.Replace([Spec(1)]);
        balancer.TryPick(_clock.Now, PickPurpose.Attempt, default, null, out var lone, out _);
        balancer.Replace([Spec(1), Spec(2)]);
        balancer.TryPick(_clock.Now, PickPurpose.Attempt, default, null, out var amongTwo, out _);
        balancer.Replace([Spec(1)]);
        balancer.EndGood(lone, _clock.Now);
        balancer.EndGood(amongTwo, _clock.Now);

        Assert.That((lone.Endpoint.InFlight, amongTwo.Endpoint.InFlight), Is.EqualTo((0, 0)));
        Assert.That(lone.Endpoint.Health.HasSiblings, Is.False);
    }

    [Test]
    public void Apply_NewOptions_LoseNothing()
    {
        var balancer = Create();
        balancer.Replace([Spec(1), Spec(2), Spec(3), Spec(4)]);
        var all = balancer.Set.All.ToArray();
        all[0].Health.Trip();
        all[1].Health.Trip();
        Assert.That(balancer.Set.Tiers[0].Ready, Is.EquivalentTo([all[2], all[3]]));

        balancer.Apply(new AmbassadorBalancingOptions { MaxEjectedRatio = 0.25 }, new AmbassadorCircuitBreakerOptions());

        Assert.That(balancer.Set.Tiers[0].Ready, Is.EquivalentTo([all[1], all[2], all[3]]), "the second one stays in now");
    }

    [Test]
    public void NeverOpens_HoldsForThoseToComeToo()
    {
        var balancer = Create();
        balancer.Replace([Spec(1), Spec(2)]);
        balancer.Set.All[0].Health.Trip();

        balancer.NeverOpens = true;
        balancer.Replace([Spec(1), Spec(2), Spec(3)]);

        Assert.That(balancer.Set.All.All(static endpoint => endpoint.Health.NeverOpens && endpoint.Health.IsClosed));
        Assert.That(balancer.Set.Tiers[0].Ready, Has.Length.EqualTo(3));
    }

    [Test]
    public void Replace_NewAmongOthers_StartsSlowlyAndTheFirstOnesDoNot()
    {
        var balancer = Create();
        balancer.Replace([Spec(1), Spec(2)]);
        balancer.Replace([Spec(1), Spec(2), Spec(3)]);
        var shares = balancer.Set.All.Select(endpoint =>
        {
            endpoint.RecordAnswer(0.1, _clock.Now, balancer.Scale);
            return endpoint.ShareAt(_clock.Now, balancer.Scale);
        });

        Assert.That(shares, Is.EqualTo([1, 1, 0.1]));
    }

    [Test]
    public void Replace_OrdinalsAreFree_TakesTheLeast()
    {
        var balancer = Create();
        balancer.Replace(Enumerable.Range(0, 5).Select(Spec));
        balancer.Replace([Spec(4)]);
        _clock.Pass(TimeSpan.FromMinutes(10));

        balancer.Replace([Spec(4), Spec(9)]);

        Assert.That(balancer.Set.All.Select(static endpoint => endpoint.Ordinal), Is.EqualTo([4, 0]), "the first ones have series of their own in metrics");
    }

    [Test]
    public void Replace_NoRoomForAll_ForgetsWhoLeftFirst()
    {
        var balancer = Create(maxEndpoints: 3);
        balancer.Replace([Spec(1), Spec(2)]);
        var second = balancer.Set.All[1];
        for (var i = 2; i < 4; i++)
        {
            _clock.Pass(TimeSpan.FromSeconds(1));
            balancer.Replace([Spec(i)]);
        }

        balancer.Replace([Spec(3), Spec(4)]);
        Assert.That(balancer.KnownCount, Is.EqualTo(3));
        balancer.Replace([Spec(2), Spec(3)]);

        Assert.That(balancer.Set.All[0], Is.SameAs(second));
    }

    [Test]
    public void Replace_NoRoomAndOneComesBack_ItIsNotForgotten()
    {
        var balancer = Create(maxEndpoints: 2);
        balancer.Replace([Spec(1), Spec(2)]);
        var first = balancer.Set.All[0];
        balancer.Replace([Spec(2)]);
        _clock.Pass(TimeSpan.FromSeconds(1));

        balancer.Replace([Spec(1), Spec(3)]);

        Assert.That(balancer.Set.All[0], Is.SameAs(first));
        Assert.That(balancer.KnownCount, Is.EqualTo(2));
    }

    [Test]
    public void Replace_RequestsNamedTheirHostsBefore_ThatIsForgottenToo()
    {
        var balancer = Create();
        balancer.Replace([new EndpointSpec(null)]);
        balancer.Replace([Spec(1)]);
        _clock.Pass(TimeSpan.FromMinutes(10));

        balancer.Replace([Spec(1), Spec(2)]);
        balancer.Replace([Spec(1), Spec(2), Spec(3)]);

        Assert.That(balancer.KnownCount, Is.EqualTo(3));
        Assert.That(balancer.Set.All.Select(static endpoint => endpoint.Ordinal), Is.Unique);
    }

    [Test]
    public void Trip_MoreThanMayBeLeftAlone_ThoseThatTrippedLastStayInAlsoAfterAFailedProbe()
    {
        var balancer = Create();
        balancer.Replace(Enumerable.Range(0, 5).Select(Spec));
        var all = balancer.Set.All.ToArray();
        for (var i = 4; i > 1; i--)
        {
            all[i].Health.Trip();
        }

        Assert.That(StayingIn(), Is.EqualTo([2]));
        _clock.Pass(TimeSpan.FromMinutes(1));
        all[4].Health.TryEnter(_clock.Now, null, out var permit, out _);
        all[4].Health.Record(permit, HealthEffect.Failure, _clock.Now);
        Assert.That(StayingIn(), Is.EqualTo([2]), "it has been ill all the time");

        all[4].Health.ForceClosed();
        all[4].Health.Release();
        Assert.That(StayingIn(), Is.Empty, "two may be left alone");
        all[4].Health.Trip();
        Assert.That(StayingIn(), Is.EqualTo([4]), "now it is the last");

        int[] StayingIn() => [.. Enumerable.Range(0, 5).Where(i => all[i].StaysIn)];
    }

    [Test]
    public void Trip_OneIsForcedOpen_ItCountsAmongThoseThatAreLeftAlone()
    {
        var balancer = Create();
        balancer.Replace(Enumerable.Range(0, 4).Select(Spec));
        var all = balancer.Set.All.ToArray();
        all[0].Health.ForceOpen();
        all[1].Health.Trip();
        all[2].Health.Trip();

        Assert.That(balancer.Set.Tiers[0].Ready, Is.EquivalentTo([all[2], all[3]]));
    }

    [Test]
    public void Apply_OtherLimitsOfCircuits_HoldForEndpointsAndHosts()
    {
        var balancer = Create();
        balancer.Replace([new EndpointSpec(null)]);
        var single = balancer.Set.Single!;
        balancer.TryPickHost(new Uri("http://a.test/"), _clock.Now, PickPurpose.Attempt, null, out var lease, out _);

        balancer.Apply(new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions { MinimumAttempts = 1 });
        foreach (var health in new[] { single.Health, lease.Endpoint.Health })
        {
            health.TryEnter(_clock.Now, null, out var permit, out _);
            health.Record(permit, HealthEffect.Failure, _clock.Now);
            Assert.That(health.Read().State, Is.EqualTo(CircuitState.Open));
        }
    }

    [TestCase(CircuitState.ForcedOpen)]
    [TestCase(CircuitState.ForcedClosed)]
    public void Force_HoldsForThoseToComeTooUntilReleased(CircuitState state)
    {
        var balancer = Create();
        balancer.Replace([Spec(1), Spec(2)]);
        Action force = state == CircuitState.ForcedOpen ? balancer.ForceOpen : balancer.ForceClosed;
        force();
        balancer.Replace([Spec(1), Spec(3)]);
        Assert.That(balancer.Set.All.Select(static endpoint => endpoint.Health.Read().State), Is.All.EqualTo(state));

        balancer.Release();
        Assert.That(balancer.Set.All.Select(static endpoint => endpoint.Health.Read().State), Is.All.EqualTo(CircuitState.Closed));
    }

    private static EndpointSpec Spec(int i) => new(new EndpointAddress(new Uri($"http://server-{i}.test/")));

    private Balancer Create(int maxEndpoints = AmbassadorBalancingConstants.MaxEndpoints) =>
        new(_clock, new AmbassadorBalancingOptions { MaxEndpoints = maxEndpoints }, new AmbassadorCircuitBreakerOptions(), new Random(5));
}
