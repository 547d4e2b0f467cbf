namespace SidecarPatterns.Tests;

/// <summary>What is done to a circuit from outside: it is forced, released, given other options.</summary>
[TestFixture]
internal sealed class EndpointHealthControlTests
{
    [Test]
    public void ForceOpen_AnyState_RefusesUntilReleased([Values] CircuitState from)
    {
        var endpoint = EndpointIn(from);

        endpoint.Health.ForceOpen();
        endpoint.Pass(100_000);

        Assert.That(endpoint.Health.TryEnter(endpoint.Clock.GetTimestamp(), null, out _, out var retryAfter), Is.False);
        Assert.That(retryAfter, Is.Null);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.ForcedOpen));
        endpoint.Health.Release();
        Assert.That(endpoint.Enter().IsProbe, Is.False);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public void ForceClosed_AnyState_LetsAllThroughWhateverFails([Values] CircuitState from)
    {
        var endpoint = EndpointIn(from);

        endpoint.Health.ForceClosed();
        endpoint.Send(HealthEffect.Failure, 1_000);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.ForcedClosed));
        Assert.That(endpoint.Enter().IsProbe, Is.False);
    }

    [Test]
    public void Release_ForcedClosedAndFailing_OpensAtTheNextFailure()
    {
        var endpoint = new Endpoint();
        endpoint.Health.ForceClosed();
        endpoint.Send(HealthEffect.Failure, 100);

        endpoint.Health.Release();
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
        endpoint.Send(HealthEffect.Success);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public void Release_ForcedClosedAndWell_StaysClosed()
    {
        var endpoint = new Endpoint();
        endpoint.Send(HealthEffect.Failure, 19);
        endpoint.Health.ForceClosed();
        endpoint.Send(HealthEffect.Success, 100);

        endpoint.Health.Release();
        endpoint.Send(HealthEffect.Failure, 50);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed), "69 of 169 have failed");
    }

    [Test]
    public void Record_OfBeforeItWasForced_IsIgnored()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.Pass(5);
        var probe = endpoint.Enter();

        endpoint.Health.ForceClosed();
        endpoint.Record(probe, HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.ForcedClosed));
    }

    [Test]
    public void NeverOpens_AllFail_StaysClosedAndCounts()
    {
        var endpoint = new Endpoint();
        endpoint.Health.NeverOpens = true;

        endpoint.Health.HasSiblings = true;
        endpoint.Send(HealthEffect.Failure, 1_000);
        Assert.That(endpoint.Transitions, Is.Empty);
        endpoint.Health.NeverOpens = false;
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public void NeverOpens_OpenAlready_Closes([Values(CircuitState.Open, CircuitState.HalfOpen)] CircuitState from)
    {
        var endpoint = EndpointIn(from);

        endpoint.Health.NeverOpens = true;

        Assert.That(endpoint.Transitions[^1], Is.EqualTo((from, CircuitState.Closed)));
        Assert.That(endpoint.Enter().IsProbe, Is.False);
    }

    [Test]
    public void NeverOpens_ForcedOpen_IsOpenStill()
    {
        var endpoint = EndpointIn(CircuitState.ForcedOpen);

        endpoint.Health.NeverOpens = true;

        Assert.That(endpoint.TryEnter(), Is.Null);
    }

    [Test]
    public void Apply_AnyState_StaysAsItWas([Values] CircuitState state)
    {
        var endpoint = EndpointIn(state);
        var before = endpoint.Health.Read();
        var transitions = endpoint.Transitions;

        endpoint.Health.Apply(Endpoint.OptionsOf(static options =>
            (options.Window, options.BreakDuration, options.MinimumAttempts) = (TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(1), 3)));

        Assert.That(endpoint.Health.Read(), Is.EqualTo(before));
        Assert.That(endpoint.Transitions, Is.EqualTo(transitions));
    }

    [Test]
    public void Apply_OtherLimits_HoldFromTheNextFailure()
    {
        var endpoint = new Endpoint();
        endpoint.Send(HealthEffect.Success, 90);
        endpoint.Send(HealthEffect.Failure, 9);

        endpoint.Health.Apply(Endpoint.OptionsOf(static options => (options.FailureRatio, options.BreakDuration) = (0.1, TimeSpan.FromSeconds(3))));
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(3)));
    }

    [TestCase(300, 60, CircuitState.Open)]
    [TestCase(300, 290, CircuitState.Open)]
    [TestCase(60, 30, CircuitState.Open)]
    [TestCase(60, 65, CircuitState.Closed)]
    [TestCase(10, 5, CircuitState.Open)]
    [TestCase(10, 12, CircuitState.Closed)]
    public void Apply_OtherWindow_WhatWasCountedStaysForThatLong(double window, double seconds, CircuitState expected)
    {
        var endpoint = new Endpoint();
        endpoint.Pass(15);
        endpoint.Send(HealthEffect.Failure, 19);

        endpoint.Health.Apply(Endpoint.OptionsOf(options => options.Window = TimeSpan.FromSeconds(window)));
        endpoint.Pass(seconds);
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(expected));
    }

    [Test]
    public void Apply_ShorterWindow_WhatWasCountedIsNotTakenForNewer()
    {
        var endpoint = new Endpoint();
        endpoint.Send(HealthEffect.Failure, 19);
        endpoint.Pass(7);

        endpoint.Health.Apply(Endpoint.OptionsOf(static options => options.Window = TimeSpan.FromSeconds(10)));
        endpoint.Pass(5);
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public void Apply_OtherWindow_SuccessesStayToo()
    {
        var endpoint = new Endpoint();
        endpoint.Send(HealthEffect.Success, 90);

        endpoint.Health.Apply(Endpoint.OptionsOf(static options => options.Window = TimeSpan.FromSeconds(60)));
        endpoint.Send(HealthEffect.Failure, 89);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public void NeverOpens_OpenAlreadyAndNoMore_HasCountedNothing()
    {
        var endpoint = EndpointIn(CircuitState.Open);
        endpoint.Health.NeverOpens = true;
        endpoint.Health.NeverOpens = false;

        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public void Force_AgainTheSame_ChangesNothing([Values(CircuitState.ForcedOpen, CircuitState.ForcedClosed)] CircuitState state)
    {
        var endpoint = EndpointIn(state);
        var (before, epoch) = (endpoint.Health.Read(), endpoint.Health.Epoch);
        endpoint.Pass(5);

        Action force = state == CircuitState.ForcedOpen ? endpoint.Health.ForceOpen : endpoint.Health.ForceClosed;
        force();

        Assert.That((endpoint.Health.Read(), endpoint.Health.Epoch), Is.EqualTo((before, epoch)));
    }

    [Test]
    public void Trip_IsNotClosed_ChangesNothing([Values(CircuitState.Open, CircuitState.HalfOpen, CircuitState.ForcedOpen, CircuitState.ForcedClosed)] CircuitState state)
    {
        var endpoint = EndpointIn(state);
        var before = endpoint.Health.Read();
        endpoint.Health.Trip();

        Assert.That((endpoint.Health.Read(), endpoint.Health.Ejections), Is.EqualTo((before, state is CircuitState.Open or CircuitState.HalfOpen ? 1 : 0)));
    }

    [Test]
    public void Trip_NeverOpens_StaysClosed()
    {
        var endpoint = new Endpoint();
        endpoint.Health.NeverOpens = true;

        endpoint.Health.Trip();

        Assert.That((endpoint.State, endpoint.Health.Ejections), Is.EqualTo((CircuitState.Closed, 0)));
    }

    [Test]
    public void EndBreak_IsNotOpen_ChangesNothing([Values(CircuitState.Closed, CircuitState.HalfOpen, CircuitState.ForcedOpen, CircuitState.ForcedClosed)] CircuitState state)
    {
        var endpoint = EndpointIn(state);
        var before = endpoint.Health.Read();
        endpoint.Health.EndBreak();

        Assert.That(endpoint.Health.Read(), Is.EqualTo(before));
    }

    [Test]
    public void Apply_RequestUnderWay_ItsResultCounts()
    {
        var endpoint = new Endpoint();
        endpoint.Send(HealthEffect.Failure, 19);
        var permit = endpoint.Enter();

        endpoint.Health.Apply(Endpoint.OptionsOf(static options => options.Window = TimeSpan.FromSeconds(7)));
        endpoint.Record(permit, HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    private static Endpoint EndpointIn(CircuitState state)
    {
        var endpoint = new Endpoint();
        switch (state)
        {
            case CircuitState.Open:
                endpoint.Trip();
                break;
            case CircuitState.HalfOpen:
                endpoint.Trip();
                endpoint.Pass(5);
                endpoint.Record(endpoint.Enter(), HealthEffect.Neutral);
                break;
            case CircuitState.ForcedOpen:
                endpoint.Health.ForceOpen();
                break;
            case CircuitState.ForcedClosed:
                endpoint.Health.ForceClosed();
                break;
        }

        Assert.That(endpoint.State, Is.EqualTo(state));
        return endpoint;
    }
}
