namespace SidecarPatterns.Tests;

/// <summary>How a circuit that was open finds out whether it may close, and what is forced by hand.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EndpointHealthProbeTests
{
    [Test]
    public void TryEnter_BreakIsOver_LetsOneThroughAtATime()
    {
        var endpoint = Broken();

        var first = endpoint.TryEnter();
        var second = endpoint.TryEnter();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first, Is.Not.Null.And.Property("IsProbe").True);
            Assert.That(second, Is.Null);
            Assert.That(endpoint.State, Is.EqualTo(CircuitState.HalfOpen));
            Assert.That(endpoint.Transitions[^1], Is.EqualTo((CircuitState.Open, CircuitState.HalfOpen)));
        }
    }

    [Test]
    public void TryEnter_JustBeforeTheBreakIsOver_LetsNothingThrough()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.Clock.Advance(endpoint.Left!.Value - TimeSpan.FromTicks(1));

        Assert.That(endpoint.TryEnter(), Is.Null);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public void Record_TwoProbesSucceed_ClosesAndHasCountedNothing()
    {
        var endpoint = Broken();

        endpoint.Send(HealthEffect.Success);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.HalfOpen));
        endpoint.Send(HealthEffect.Success);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
        endpoint.Send(HealthEffect.Failure, 19);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public void Record_ProbeFailsAfterASuccess_OpensAndNeedsTwoSuccessesAgain()
    {
        var endpoint = Broken();
        endpoint.Send(HealthEffect.Success);

        endpoint.Send(HealthEffect.Failure);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
        endpoint.PassBreak();
        endpoint.Send(HealthEffect.Success);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.HalfOpen));
    }

    [Test]
    public void Ejections_OpensAndOpensAgainAndRecovers_CountsFromClosedToOpenAlone()
    {
        var endpoint = Broken();
        endpoint.Send(HealthEffect.Failure);
        Assert.That(endpoint.Health.Ejections, Is.EqualTo(1), "it had not come back");

        endpoint.Recover();
        endpoint.Health.ForceOpen();
        endpoint.Health.Release();
        endpoint.Health.Trip();

        Assert.That(endpoint.Health.Ejections, Is.EqualTo(2), "what is forced is no failure");
    }

    [Test]
    public void Record_ProbeIsNeutral_MakesRoomForAnotherAndSaysNothing()
    {
        var endpoint = Broken();
        endpoint.Send(HealthEffect.Success);

        endpoint.Send(HealthEffect.Neutral, 5);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.HalfOpen));
        endpoint.Send(HealthEffect.Success);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
    }

    [TestCase(null, 30)]
    [TestCase(10, 10)]
    public void TryEnter_ProbeDoesNotEnd_MakesRoomAfterItsTime(int? timeout, int expected)
    {
        var endpoint = new Endpoint();
        TimeSpan? probeTimeout = timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        endpoint.Trip();
        endpoint.Pass(5);
        endpoint.Enter(probeTimeout);

        endpoint.Pass(expected - 0.001);
        Assert.That(endpoint.TryEnter(), Is.Null);
        endpoint.Pass(0.001);

        Assert.That(endpoint.Enter().IsProbe, Is.True);
        Assert.That(endpoint.TryEnter(), Is.Null);
    }

    [Test]
    public void Record_ProbeEndsAfterItsTime_CountsAndLeavesThePlaceToTheOther()
    {
        // Otherwise a circuit would never close whose requests take longer than a probe may.
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.Pass(5);
        var late = endpoint.Enter();
        endpoint.Pass(30);
        var next = endpoint.Enter();

        endpoint.Record(late, HealthEffect.Success);
        Assert.That(endpoint.TryEnter(), Is.Null, "the place is the other one's");
        endpoint.Record(next, HealthEffect.Success);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public void Record_ProbeFailsAfterItsTime_Opens()
    {
        // The time limit of an attempt takes effect a little later, when another probe may have the place already.
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.Pass(5);
        var late = endpoint.Enter();
        endpoint.Pass(30);
        var next = endpoint.Enter();

        endpoint.Record(late, HealthEffect.Failure);
        endpoint.Record(next, HealthEffect.Failure);

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(10)), "it opened once");
    }

    [Test]
    public void Record_ResultOfAnOlderEpoch_IsIgnored()
    {
        var endpoint = new Endpoint(static options => options.MinimumAttempts = 1);
        var old = endpoint.Enter();
        endpoint.Trip();
        endpoint.Record(old, HealthEffect.Success);
        endpoint.PassBreak();
        endpoint.Record(old, HealthEffect.Failure);
        endpoint.Send(HealthEffect.Success, 2);

        endpoint.Record(old, HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public void Record_BodyOfAProbeIsCutOff_OpensWithoutFreeingThePlaceOfAnother()
    {
        var endpoint = Broken();
        var probe = endpoint.Enter();
        endpoint.Record(probe, HealthEffect.Success);
        var second = endpoint.Enter();

        endpoint.Record(probe.AsResult(), HealthEffect.Success);
        Assert.That(endpoint.TryEnter(), Is.Null, "the second is under way still");
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.HalfOpen), "what is no probe closes nothing");
        endpoint.Record(probe.AsResult(), HealthEffect.Failure);
        endpoint.Record(second, HealthEffect.Success);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public void Record_BodyOfAProbeIsCutOffWhileAnotherIsUnderWay_TheNextBreakEndsWithAProbeAllTheSame()
    {
        var endpoint = Broken();
        var probe = endpoint.Enter();
        endpoint.Record(probe, HealthEffect.Success);
        endpoint.Enter(TimeSpan.FromHours(1));

        endpoint.Record(probe.AsResult(), HealthEffect.Failure);
        endpoint.PassBreak();

        Assert.That(endpoint.Enter().IsProbe);
    }

    [Test]
    public void ForceOpen_LetsNothingThroughHoweverLongItLasts()
    {
        var endpoint = new Endpoint();
        var permit = endpoint.Enter();
        endpoint.Health.ForceOpen();
        endpoint.Pass(100_000);
        endpoint.Record(permit, HealthEffect.Success);
        endpoint.Health.Apply(new AmbassadorCircuitBreakerOptions());
        endpoint.Health.NeverOpens = true;

        Assert.That(endpoint.TryEnter(), Is.Null);
        Assert.That((endpoint.State, endpoint.Left), Is.EqualTo((CircuitState.ForcedOpen, (TimeSpan?)null)));
    }

    [Test]
    public void ForceClosed_LetsEverythingThroughAndCounts()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.Health.ForceClosed();
        endpoint.Send(HealthEffect.Failure, 100);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.ForcedClosed));

        endpoint.Health.Release();
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open), "what came meanwhile had counted");
    }

    [Test]
    public void Release_ForcedOpen_HasCountedNothing()
    {
        var endpoint = new Endpoint();
        endpoint.Send(HealthEffect.Failure, 19);
        endpoint.Health.ForceOpen();

        endpoint.Health.Release();
        endpoint.Send(HealthEffect.Failure, 19);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public void Release_NothingWasForced_ChangesNothing()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        var before = endpoint.Transitions.Count;

        endpoint.Health.Release();

        Assert.That((endpoint.State, endpoint.Transitions.Count), Is.EqualTo((CircuitState.Open, before)));
    }

    [Test]
    public void Force_Twice_IsOneTransition()
    {
        var endpoint = new Endpoint();
        endpoint.Health.ForceOpen();
        endpoint.Health.ForceOpen();
        endpoint.Health.ForceClosed();
        endpoint.Health.Release();
        endpoint.Health.Release();

        Assert.That(endpoint.Transitions, Is.EqualTo([
            (CircuitState.Closed, CircuitState.ForcedOpen),
            (CircuitState.ForcedOpen, CircuitState.ForcedClosed),
            (CircuitState.ForcedClosed, CircuitState.Closed),
        ]));
    }

    private static Endpoint Broken()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.PassBreak();
        return endpoint;
    }
}
