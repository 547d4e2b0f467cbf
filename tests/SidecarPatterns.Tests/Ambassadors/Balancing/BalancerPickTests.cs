namespace SidecarPatterns.Tests;

/// <summary>One pick at a time: probes, hedges, what a call has tried, and what is refused.</summary>
[TestFixture]
internal sealed class BalancerPickTests
{
    private readonly ManualClock _clock = new();

    [Test]
    public void TryPick_NoEndpoints_IsRefused()
    {
        var balancer = new Balancer(_clock, new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions());

        Assert.That(Pick(balancer, out var retryAfter), Is.Null);
        Assert.That(retryAfter, Is.Null);
    }

    [Test]
    public void TryPick_One_IsItWithItsCircuit()
    {
        var balancer = Create(1);
        var single = balancer.Set.Single!;

        Assert.That(Pick(balancer)!.Value.Endpoint, Is.SameAs(single));
        Assert.That(single.Health.HasSiblings, Is.False);
        single.Health.Trip();
        Assert.That(Pick(balancer, out var retryAfter), Is.Null);
        Assert.That(retryAfter, Is.EqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(Pick(balancer, PickPurpose.Hedge), Is.Null);

        _clock.Pass(TimeSpan.FromSeconds(5));
        Assert.That(Pick(balancer, PickPurpose.Hedge), Is.Null, "a hedge is no probe");
        Assert.That(single.Health.Read().State, Is.EqualTo(CircuitState.Open), "nobody has tried it");
        Assert.That(Pick(balancer)!.Value.Permit.IsProbe);
    }

    [Test]
    public void TryPick_Tried_AreAvoidedUntilThereIsNoOther()
    {
        var balancer = Create(5);
        for (var round = 0; round < 200; round++)
        {
            var tried = default(TriedEndpoints);
            var picked = new HashSet<BalancedEndpoint>();
            for (var i = 0; i < 4; i++)
            {
                var lease = Pick(balancer, PickPurpose.Attempt, tried)!.Value;
                Assert.That(picked.Add(lease.Endpoint), "one that the call has been to");
                tried.Add(lease.Endpoint);
                balancer.EndGood(lease, _clock.Now);
            }

            Assert.That(picked, Does.Not.Contain(PickAndEnd(balancer, tried).Endpoint));
        }

        var two = Create(2);
        var all = default(TriedEndpoints);
        all.Add(two.Set.All[0]);
        all.Add(two.Set.All[1]);
        Assert.That(Pick(two, PickPurpose.Attempt, all), Is.Not.Null, "rather one again than none");
        Assert.That(Pick(two, PickPurpose.Hedge, all), Is.Null);
    }

    [Test]
    public void TryPick_TheBetterPriorityWasTried_TheNextIsUsed()
    {
        var balancer = Create(2, static i => i);
        var first = PickAndEnd(balancer, default).Endpoint;
        var tried = default(TriedEndpoints);
        tried.Add(first);

        Assert.That((first.Priority, PickAndEnd(balancer, tried).Endpoint.Priority), Is.EqualTo((0, 1)));
    }

    [Test]
    public void TryPick_ManyAreBeingFoundOut_IsOneThatIsKnown()
    {
        var balancer = Create(20);
        foreach (var endpoint in balancer.Set.All[..19])
        {
            endpoint.Enter();
        }

        balancer.Set.All[19].RecordAnswer(0.1, _clock.Now, balancer.Scale);

        for (var i = 0; i < 100; i++)
        {
            Assert.That(PickAndEnd(balancer, default).Endpoint, Is.SameAs(balancer.Set.All[19]));
        }
    }

    [Test]
    public void HasUntried_OnlyThoseOfTheNextPriorityAre_CountsThem()
    {
        var balancer = Create(3, static i => i);
        var tried = default(TriedEndpoints);
        for (var i = 0; i < 3; i++)
        {
            Assert.That(balancer.HasUntried(tried));
            tried.Add(balancer.Set.All[i]);
        }

        Assert.That(balancer.HasUntried(tried), Is.False);
    }

    [Test]
    public void End_Fails_TheCostIsTheLongestOfWhatItTookTheLeastAndRetryAfter([Values(0, 20, 600)] int retryAfter, [Values(1, 30)] int seconds)
    {
        var balancer = Create(2);
        var lease = Pick(balancer)!.Value;
        _clock.Pass(TimeSpan.FromSeconds(seconds));

        balancer.End(lease, AttemptClass.Failed, HealthEffect.Failure, _clock.Now, TimeSpan.FromSeconds(retryAfter));

        Assert.That(lease.Endpoint.SecondsAt(_clock.Now, balancer.Scale), Is.EqualTo(Math.Max(Math.Max(seconds, 5), Math.Min(retryAfter, 60))).Within(0.01));
        Assert.That(lease.Endpoint.Failures, Is.EqualTo(1));
    }

    [Test]
    public void End_ThrottledBy503_IsAFailureTooAndBy429IsNone([Values] bool isFailure)
    {
        var balancer = Create(2);
        var lease = Pick(balancer)!.Value;

        balancer.End(lease, AttemptClass.Throttled, isFailure ? HealthEffect.Failure : HealthEffect.Neutral, _clock.Now, TimeSpan.FromSeconds(1));

        Assert.That(lease.Endpoint.Failures, Is.EqualTo(isFailure ? 1 : 0));
    }

    [Test]
    public void TryPick_HedgeWhileOthersRecover_IsNeverAProbe()
    {
        var balancer = Create(3);
        balancer.Set.All[0].Health.Trip();
        _clock.Pass(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 100; i++)
        {
            var lease = Pick(balancer, PickPurpose.Hedge)!.Value;
            Assert.That((lease.Permit.IsProbe, lease.Endpoint == balancer.Set.All[0]), Is.EqualTo((false, false)));
            balancer.End(lease, AttemptClass.Cancelled, HealthEffect.Neutral, _clock.Now);
        }

        Assert.That(balancer.Set.All[0].Health.Read().State, Is.EqualTo(CircuitState.Open), "nobody has tried it");
    }

    [Test]
    public void TryPick_AllOpen_SaysTheShortestTimeAndProbesEachInTurn()
    {
        var balancer = Create(3);
        foreach (var endpoint in balancer.Set.All)
        {
            endpoint.Health.Trip();
            _clock.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.That(Pick(balancer, out var retryAfter), Is.Null);
        Assert.That(retryAfter, Is.EqualTo(TimeSpan.FromSeconds(2)));

        _clock.Pass(TimeSpan.FromSeconds(4));
        var probes = Enumerable.Range(0, 3).Select(_ => Pick(balancer)!.Value).ToList();
        Assert.That(probes.Select(static lease => lease.Endpoint).Distinct().Count(), Is.EqualTo(3));
        Assert.That(probes, Has.All.Matches<EndpointLease>(static lease => lease.Permit.IsProbe));
        Assert.That(Pick(balancer), Is.Null, "each is being probed");

        balancer.EndGood(probes[1], _clock.Now);
        var again = Pick(balancer)!.Value;
        Assert.That(again.Endpoint, Is.SameAs(probes[1].Endpoint));
        balancer.EndGood(again, _clock.Now);
        Assert.That(again.Endpoint.Health.IsClosed);
        Assert.That(Pick(balancer), Is.Not.Null);
    }

    [Test]
    public void TryPick_ProbeNeverEnds_AnotherIsLetThroughAfterItsTime()
    {
        var balancer = Create(2);
        Array.ForEach(balancer.Set.All, static endpoint => endpoint.Health.Trip());
        _clock.Pass(TimeSpan.FromSeconds(5));
        Assert.That((Pick(balancer), Pick(balancer)), Is.Not.EqualTo(((EndpointLease?)null, (EndpointLease?)null)));
        Assert.That(Pick(balancer), Is.Null);

        _clock.Pass(TimeSpan.FromSeconds(29.9));
        Assert.That(Pick(balancer), Is.Null);
        _clock.Pass(TimeSpan.FromSeconds(1));
        Assert.That(Pick(balancer)?.Permit.IsProbe, Is.True);
    }

    [Test]
    public void TryPick_MoreTrippedThanMayBeLeftAlone_TheLastOnesStayInUntilNoneIsClosed()
    {
        var balancer = Create(5);
        var all = balancer.Set.All.ToArray();
        for (var tripped = 1; tripped < 5; tripped++)
        {
            all[tripped - 1].Health.Trip();
            var picked = Enumerable.Range(0, 200).Select(_ => PickAndEnd(balancer, default).Endpoint).ToHashSet();
            Assert.That(picked, Has.Count.EqualTo(5 - Math.Min(tripped, 2)), $"{tripped} have tripped");
            Assert.That(picked, Does.Not.Contain(all[0]));
        }

        all[4].Health.Trip();
        Assert.That(Pick(balancer), Is.Null);
    }

    [Test]
    public void TryPick_ForcedOpen_IsOutWhateverTheLimit()
    {
        var balancer = Create(2);
        var all = balancer.Set.All.ToArray();
        all[0].Health.ForceOpen();
        Assert.That(PickAndEnd(balancer, default).Endpoint, Is.SameAs(all[1]));
        all[1].Health.ForceOpen();
        Assert.That(Pick(balancer, out var retryAfter), Is.Null);
        Assert.That(retryAfter, Is.Null, "nobody knows");
        all[0].Health.Release();
        Assert.That(PickAndEnd(balancer, default).Endpoint, Is.SameAs(all[0]));
    }

    [Test]
    public void CanAdmit_AllOpen_OnlyOnceABreakIsOver()
    {
        foreach (var count in new[] { 1, 3 })
        {
            var balancer = Create(count);
            Assert.That(balancer.CanAdmit(TimeSpan.Zero));
            Array.ForEach(balancer.Set.All, static endpoint => endpoint.Health.Trip());
            Assert.That((balancer.CanAdmit(TimeSpan.FromSeconds(4.9)), balancer.CanAdmit(TimeSpan.FromSeconds(5))), Is.EqualTo((false, true)), $"{count}");
        }
    }

    [Test]
    public void End_FiveFailuresInARowAmongSiblings_Trips()
    {
        var balancer = Create(2);
        var bad = balancer.Set.All[0];
        for (var i = 0; i < 5; i++)
        {
            Assert.That(bad.Health.IsClosed);
            bad.Health.TryEnter(_clock.Now, null, out var permit, out _);
            bad.Enter();
            balancer.End(new EndpointLease(bad, permit, _clock.Now, IsCounted: true), AttemptClass.Failed, HealthEffect.Failure, _clock.Now);
        }

        Assert.That((bad.Health.Read().State, bad.InFlight, bad.Failures), Is.EqualTo((CircuitState.Open, 0, 5)));
    }

    [Test]
    public void End_LocalRejection_SaysNothing()
    {
        var balancer = Create(2);
        var lease = Pick(balancer)!.Value;

        balancer.End(lease, AttemptClass.Unsent, HealthEffect.Neutral, _clock.Now);

        Assert.That((lease.Endpoint.IsKnown, lease.Endpoint.Failures, lease.Endpoint.InFlight), Is.EqualTo((false, 0, 0)));
    }

    [TestCase(0.2, 0.2)]
    [TestCase(30, 30)]
    public void End_Cancelled_CanOnlyRaiseWhatIsKnown(double seconds, double expected)
    {
        var balancer = Create(2);
        var lease = Pick(balancer)!.Value;
        _clock.Pass(TimeSpan.FromSeconds(0.2));
        balancer.EndGood(lease, _clock.Now);

        lease.Endpoint.Enter();
        balancer.End(lease with { At = _clock.Now - TimeSpan.FromSeconds(seconds / 2).Ticks }, AttemptClass.Cancelled, HealthEffect.Neutral, _clock.Now);
        Assert.That(lease.Endpoint.SecondsAt(_clock.Now, balancer.Scale), Is.EqualTo(Math.Max(0.2, seconds / 2)).Within(1e-6));
        Assert.That(expected, Is.GreaterThanOrEqualTo(0.2));
    }

    [Test]
    public void TryPick_HedgeWhileOneStaysInThatHasTripped_IsNeverThere()
    {
        var balancer = Create(3);
        var all = balancer.Set.All.ToArray();
        all[0].Health.Trip();
        all[1].Health.Trip();
        Assert.That(all[1].StaysIn);

        for (var i = 0; i < 50; i++)
        {
            Assert.That(Pick(balancer, PickPurpose.Hedge)!.Value.Endpoint, Is.SameAs(all[2]));
        }
    }

    [Test]
    public void TryPick_HedgeWhileAllBreaksAreOver_SaysNoTime()
    {
        var balancer = Create(2);
        Array.ForEach(balancer.Set.All, static endpoint => endpoint.Health.Trip());
        _clock.Pass(TimeSpan.FromSeconds(7));

        Assert.That(balancer.TryPick(_clock.Now, PickPurpose.Hedge, default, null, out _, out var retryAfter), Is.False);
        Assert.That(retryAfter, Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void TryPick_NoneOfTheNextPriorityIsLeft_IsOneOfThatAfterIt()
    {
        var balancer = Create(3, static i => i);
        balancer.Set.All[1].Health.Trip();
        var tried = default(TriedEndpoints);
        tried.Add(balancer.Set.All[0]);

        Assert.That(PickAndEnd(balancer, tried).Endpoint, Is.SameAs(balancer.Set.All[2]));
    }

    [Test]
    public void TryPick_BreakOfAWorsePriorityIsOver_IsNoProbeWhileABetterOneIsThere()
    {
        var balancer = Create(2, static i => i);
        var (better, worse) = (balancer.Set.All[0], balancer.Set.All[1]);
        worse.Health.Trip();
        _clock.Pass(TimeSpan.FromSeconds(5));
        for (var i = 0; i < 20; i++)
        {
            Assert.That(PickAndEnd(balancer, default).Endpoint, Is.SameAs(better));
        }

        Assert.That(worse.Health.Read().State, Is.EqualTo(CircuitState.Open));
        better.Health.Trip();
        Assert.That(Pick(balancer)!.Value.Endpoint, Is.SameAs(worse), "it is wanted now");
    }

    [Test]
    public void TryPick_CircuitsHaveOpenedSinceTheSetWasMade_IsOneThatIsClosedAndUntried()
    {
        // The clock is read after a circuit has opened and before the set is replaced.
        var clock = new ReadClock();
        var balancer = new Balancer(clock, new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions(), new Random(7));
        balancer.Replace(Enumerable.Range(0, 4).Select(static i => BalancerSimulation.Spec(SimulatedServer.Good(1), i)));
        var all = balancer.Set.All.ToArray();
        var tried = default(TriedEndpoints);
        tried.Add(all[2]);
        var (picked, pickedUntried) = (new HashSet<BalancedEndpoint>(), new HashSet<BalancedEndpoint>());
        clock.OnceOpen(all[0], () => clock.OnceOpen(all[1], PickAll, all[1].Health.Trip), all[0].Health.Trip);

        Assert.That(picked, Is.EquivalentTo([all[2], all[3]]));
        Assert.That(pickedUntried, Is.EqualTo([all[3]]));
        Assert.That(all.Select(static endpoint => endpoint.InFlight).Sum(), Is.EqualTo(200), "each is counted once");

        void PickAll()
        {
            for (var i = 0; i < 100; i++)
            {
                Assert.That(balancer.TryPick(0, PickPurpose.Attempt, default, null, out var lease, out _));
                picked.Add(lease.Endpoint);
                Assert.That(balancer.TryPick(0, PickPurpose.Attempt, tried, null, out lease, out _));
                pickedUntried.Add(lease.Endpoint);
            }
        }
    }

    [TestCase(0)]
    [TestCase(1)]
    public void TryPick_TheOnlyUntriedHasOpenedSinceTheSetWasMade_IsTheOther(int priority)
    {
        var clock = new ReadClock();
        var balancer = new Balancer(clock, new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions(), new Random(7));
        balancer.Replace(Enumerable.Range(0, 2).Select(i => BalancerSimulation.Spec(SimulatedServer.Good(1, priority: i * priority), i)));
        var (opening, other) = (balancer.Set.All[0], balancer.Set.All[1]);
        var tried = default(TriedEndpoints);
        tried.Add(other);
        EndpointLease lease = default;

        clock.OnceOpen(opening, () => balancer.TryPick(0, PickPurpose.Attempt, tried, null, out lease, out _), opening.Health.Trip);

        Assert.That(lease.Endpoint, Is.SameAs(other), "rather one again than none");
    }

    [Test]
    public void TryPick_BreakIsOverOfOneThatTheCallHasBeenTo_TheNextCallProbesIt()
    {
        var balancer = Create(3);
        var ill = balancer.Set.All[0];
        ill.Health.Trip();
        _clock.Pass(TimeSpan.FromSeconds(5));
        var tried = default(TriedEndpoints);
        tried.Add(ill);

        Assert.That(PickAndEnd(balancer, tried).Endpoint, Is.Not.SameAs(ill));
        var probe = Pick(balancer)!.Value;

        Assert.That((probe.Endpoint == ill, probe.Permit.IsProbe, probe.IsCounted, ill.InFlight), Is.EqualTo((true, true, true, 1)));
    }

    [Test]
    public void TryPick_AllAreBeingProbed_SaysWhenOneLooksAgain()
    {
        var balancer = Create(2);
        Array.ForEach(balancer.Set.All, static endpoint => endpoint.Health.Trip());
        _clock.Pass(TimeSpan.FromSeconds(5));
        Pick(balancer);
        Pick(balancer);

        Assert.That(Pick(balancer, out var retryAfter), Is.Null);
        Assert.That(retryAfter, Is.EqualTo(TimeSpan.FromSeconds(1)));
        Assert.That((balancer.CanAdmit(TimeSpan.FromSeconds(0.9)), balancer.CanAdmit(TimeSpan.FromSeconds(1))), Is.EqualTo((false, true)));
    }

    [Test]
    public void TryPick_TwoHaveEachPassedAProbe_BothAreProbedAtOnce()
    {
        var balancer = Create(2);
        Array.ForEach(balancer.Set.All, static endpoint => endpoint.Health.Trip());
        _clock.Pass(TimeSpan.FromSeconds(5));
        foreach (var lease in new[] { Pick(balancer)!.Value, Pick(balancer)!.Value })
        {
            balancer.EndGood(lease, _clock.Now);
        }

        Assert.That(new[] { Pick(balancer)?.Endpoint, Pick(balancer)?.Endpoint }, Is.EquivalentTo(balancer.Set.All));
    }

    [Test]
    public void End_ProbeSaysNothing_MakesRoomForAnotherAtOnce([Values] bool isGivenBack)
    {
        var balancer = Create(2);
        Array.ForEach(balancer.Set.All, static endpoint => endpoint.Health.Trip());
        _clock.Pass(TimeSpan.FromSeconds(5));
        var probe = Pick(balancer)!.Value;
        Pick(balancer);
        Assert.That(Pick(balancer), Is.Null);

        if (isGivenBack)
        {
            balancer.GiveBack(probe, _clock.Now);
        }
        else
        {
            balancer.End(probe, AttemptClass.Cancelled, HealthEffect.Neutral, _clock.Now);
        }

        Assert.That(probe.Endpoint.InFlight, Is.Zero);
        Assert.That(Pick(balancer)?.Endpoint, Is.SameAs(probe.Endpoint));
    }

    [Test]
    public void End_Recovers_OnlyItsLastAnswerIsKnownAndItStartsSlowly()
    {
        var balancer = Create(2);
        var ill = balancer.Set.All[0];
        ill.RecordAnswer(20, _clock.Now, balancer.Scale);
        ill.Health.Trip();
        _clock.Pass(TimeSpan.FromSeconds(5));
        for (var i = 0; i < 2; i++)
        {
            var probe = Pick(balancer)!.Value;
            Assert.That(probe.Endpoint, Is.SameAs(ill));
            _clock.Pass(TimeSpan.FromSeconds(0.1));
            balancer.End(probe, AttemptClass.Success, HealthEffect.Success, _clock.Now);
        }

        Assert.That(ill.Health.IsClosed);
        Assert.That((ill.SecondsAt(_clock.Now, balancer.Scale), ill.ShareAt(_clock.Now, balancer.Scale)), Is.EqualTo((0.1, 0.1)).Within(1e-6));
        Assert.That(Pick(balancer), Is.Not.Null, "there is none to be probed any more");
    }

    [Test]
    public void Release_CircuitWasForced_WhatIsKnownStays()
    {
        var balancer = Create(2);
        var endpoint = balancer.Set.All[0];
        endpoint.RecordAnswer(0.2, _clock.Now, balancer.Scale);

        endpoint.Health.ForceOpen();
        endpoint.Health.Release();

        Assert.That((endpoint.SecondsAt(_clock.Now, balancer.Scale), endpoint.ShareAt(_clock.Now, balancer.Scale)), Is.EqualTo((0.2, 1)).Within(1e-6));
    }

    [Test]
    public void End_AnyWay_IsKnownToHaveBeenUsed([Values] bool isGood)
    {
        var balancer = Create(2);
        var lease = Pick(balancer)!.Value;
        _clock.Pass(TimeSpan.FromSeconds(2));

        if (isGood)
        {
            balancer.EndGood(lease, _clock.Now);
        }
        else
        {
            balancer.End(lease, AttemptClass.Failed, HealthEffect.Failure, _clock.Now);
        }

        Assert.That(lease.Endpoint.UsedAt, Is.EqualTo(_clock.Now));
    }

    [Test]
    public void GiveBack_AmongSeveral_IsAsIfItHadNotBeenPicked()
    {
        var balancer = Create(2);
        var lease = Pick(balancer)!.Value;

        balancer.GiveBack(lease, _clock.Now);

        Assert.That((lease.Endpoint.InFlight, lease.Endpoint.Picks, lease.Endpoint.Ended, lease.Endpoint.IsKnown), Is.EqualTo((0, 0, 0, false)));
    }

    [Test]
    public void EndBody_FiveInARow_AreFailuresThatCostAndTrip()
    {
        var balancer = Create(2);
        var endpoint = balancer.Set.All[0];
        for (var i = 0; i < 5; i++)
        {
            Assert.That(balancer.TryEnter(endpoint, _clock.Now, null, out var lease));
            balancer.End(lease, AttemptClass.Success, HealthEffect.Neutral, _clock.Now);
            balancer.EndBody(lease, _clock.Now);
        }

        Assert.That((endpoint.Failures, endpoint.Health.Read().State), Is.EqualTo((5, CircuitState.Open)));
        Assert.That(endpoint.SecondsAt(_clock.Now, balancer.Scale), Is.EqualTo(5).Within(1e-3));
    }

    [Test]
    public void TryEnter_OneThatWasWaitedFor_OnlyWhileItIsAmongThem([Values(1, 2)] int count)
    {
        var balancer = Create(count);
        var endpoint = balancer.Set.All[0];

        Assert.That(balancer.TryEnter(endpoint, _clock.Now, null, out var lease));
        Assert.That((lease.Endpoint == endpoint, lease.IsCounted), Is.EqualTo((true, count > 1)));
        balancer.Replace([BalancerSimulation.Spec(SimulatedServer.Good(1), 7)]);
        Assert.That(balancer.TryEnter(endpoint, _clock.Now, null, out _), Is.False);
    }

    [Test]
    public void TryEnter_HostThatTheRequestNames_IsAsked()
    {
        var balancer = new Balancer(_clock, new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions());
        balancer.Replace([new EndpointSpec(null)]);
        Assert.That(balancer.TryPickHost(new Uri("http://a.test/"), _clock.Now, PickPurpose.Attempt, null, out var lease, out _));

        Assert.That(balancer.TryEnter(lease.Endpoint, _clock.Now, null, out var again));
        Assert.That(again.IsCounted, Is.False);
        lease.Endpoint.Health.Trip();
        Assert.That((balancer.CanAdmit(TimeSpan.Zero, lease.Endpoint), balancer.CanAdmit(TimeSpan.Zero)), Is.EqualTo((false, true)));
    }

    [TestCase(3, TestName = "TryPick_AmongThree_AllocatesNothing")]
    [TestCase(1_000, TestName = "TryPick_AmongThousand_AllocatesNothing")]
    [TestCase(1, TestName = "TryPick_One_AllocatesNothing")]
    [Category("Memory")]
    public void TryPick_AllocatesNothing(int count)
    {
        var balancer = Create(count);
        balancer.Set.All[0].Be(new EndpointSpec(balancer.Set.All[0].Address, Weight: 3));
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Run()
        {
            for (var i = 0; i < 5_000; i++)
            {
                var tried = default(TriedEndpoints);
                balancer.TryPick(_clock.Now, PickPurpose.Attempt, tried, null, out var lease, out _);
                tried.Add(lease.Endpoint);
                _clock.Now += 10_000;
                balancer.TryPick(_clock.Now, PickPurpose.Attempt, tried, null, out var second, out _);
                balancer.EndGood(lease, _clock.Now);
                balancer.EndGood(second, _clock.Now);
            }
        }
    }

    private Balancer Create(int count, Func<int, int>? priority = null)
    {
        var balancer = new Balancer(_clock, new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions { BreakJitter = 0 }, new Random(7));
        balancer.Replace(Enumerable.Range(0, count).Select(i => BalancerSimulation.Spec(SimulatedServer.Good(1, priority: priority?.Invoke(i) ?? 0), i)));
        return balancer;
    }

    private EndpointLease PickAndEnd(Balancer balancer, TriedEndpoints tried)
    {
        var lease = Pick(balancer, PickPurpose.Attempt, tried)!.Value;
        _clock.Now++;
        balancer.EndGood(lease, _clock.Now);
        return lease;
    }

    private EndpointLease? Pick(Balancer balancer, PickPurpose purpose = PickPurpose.Attempt, TriedEndpoints tried = default) =>
        balancer.TryPick(_clock.Now, purpose, tried, null, out var lease, out _) ? lease : null;

    private EndpointLease? Pick(Balancer balancer, out TimeSpan? retryAfter) =>
        balancer.TryPick(_clock.Now, PickPurpose.Attempt, default, null, out var lease, out retryAfter) ? lease : null;

    /// <summary>A clock at which something happens when it is read and an endpoint's circuit has just opened.</summary>
    private sealed class ReadClock : TimeProvider
    {
        private Action? _onRead;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void OnceOpen(BalancedEndpoint endpoint, Action what, Action open)
        {
            _onRead = () =>
            {
                if (!endpoint.Health.IsClosed)
                {
                    _onRead = null;
                    what();
                }
            };
            open();
            Assert.That(_onRead, Is.Null, "it has happened");
        }

        public override long GetTimestamp()
        {
            _onRead?.Invoke();
            return 0;
        }
    }
}
