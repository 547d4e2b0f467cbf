namespace SidecarPatterns.Tests;

/// <summary>How a circuit that was open finds out whether it may close, and what is forced by hand.</summary>
[TestFixture]
[CancelAfter(60_000)]
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
    public void TryEnter_ProbeDoesNotEnd_MakesRoomOnceItsTimeIsOverAndItsEndIsIgnored(int? attemptSeconds, int expectedSeconds)
    {
        var endpoint = Broken();
        TimeSpan? probeTimeout = attemptSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        var lost = endpoint.TryEnter(probeTimeout)!.Value;

        endpoint.Clock.Advance(TimeSpan.FromSeconds(expectedSeconds) - TimeSpan.FromTicks(1));
        Assert.That(endpoint.TryEnter(probeTimeout), Is.Null);
        endpoint.Clock.Advance(TimeSpan.FromTicks(1));
        var second = endpoint.TryEnter(probeTimeout);
        Assert.That(second, Is.Not.Null);

        endpoint.Record(lost, HealthEffect.Failure);
        endpoint.Record(lost, HealthEffect.Neutral);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.HalfOpen));
        Assert.That(endpoint.TryEnter(probeTimeout), Is.Null, "the second is under way still");
        endpoint.Record(second!.Value, HealthEffect.Success);
        endpoint.Send(HealthEffect.Success);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
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
