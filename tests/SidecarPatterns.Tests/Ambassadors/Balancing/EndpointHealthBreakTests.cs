namespace SidecarPatterns.Tests;

/// <summary>How long a circuit is open.</summary>
[TestFixture]
internal sealed class EndpointHealthBreakTests
{
    [Test]
    public void Break_AfterADayOfBreaks_IsShortAgainAfterAFewHealthySpells()
    {
        // Doublings that would make no break longer are not counted, so they need not be taken back.
        var endpoint = new Endpoint();
        endpoint.Trip();
        for (var i = 0; i < 1_440; i++)
        {
            endpoint.Clock.Advance(endpoint.Left!.Value);
            endpoint.Send(HealthEffect.Failure);
        }

        endpoint.Recover();
        endpoint.Pass(240);
        endpoint.Trip();

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public void Break_TimeThatItWasForcedClosed_IsNoHealthySpell()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.Recover();

        endpoint.Health.ForceClosed();
        endpoint.Pass(600);
        endpoint.Health.Release();
        endpoint.Trip();

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public void Break_HealthySpellBeforeItWasForced_CountsAllTheSame()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.Recover();

        endpoint.Pass(60);
        endpoint.Health.ForceClosed();
        endpoint.Health.Release();
        endpoint.Trip();

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public void Break_IsTheLongestByDoubling_OneHealthySpellHalvesIt()
    {
        var endpoint = new Endpoint(static options => options.MaxBreakDuration = TimeSpan.FromSeconds(20));
        endpoint.Trip();
        for (var i = 0; i < 2; i++)
        {
            endpoint.Clock.Advance(endpoint.Left!.Value);
            endpoint.Send(HealthEffect.Failure);
        }

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(20)));
        endpoint.Recover();
        endpoint.Pass(60);
        endpoint.Trip();

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public void Break_IsOverAndNobodyAsks_LeavesNoTime()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();

        endpoint.Pass(7);

        Assert.That((endpoint.State, endpoint.Left), Is.EqualTo((CircuitState.Open, TimeSpan.Zero)));
    }

    [Test]
    public void Break_ProbeFailsAndServerAsksForTime_IsThatLong()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.Pass(5);

        endpoint.Send(HealthEffect.Failure, minimumBreak: TimeSpan.FromSeconds(45));

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(45)));
    }

    [TestCase(5)]
    [TestCase(60)] // At the longest too: that is when all clients would come back at once.
    public void Break_WithJitter_DiffersByUpToAFifth(double seconds)
    {
        var lengths = new List<double>();
        for (var seed = 0; seed < 200; seed++)
        {
            var endpoint = new Endpoint(
                options => (options.BreakJitter, options.BreakDuration) = (0.2, TimeSpan.FromSeconds(seconds)), new Random(seed));
            endpoint.Trip(minimumBreak: TimeSpan.Zero);
            lengths.Add(endpoint.Left!.Value.TotalSeconds / seconds);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(lengths, Is.All.InRange(0.8, 1.2));
            Assert.That(lengths.Min(), Is.LessThan(0.82));
            Assert.That(lengths.Max(), Is.GreaterThan(1.18));
            Assert.That(lengths.Average(), Is.EqualTo(1).Within(0.03));
        }
    }

    [Test]
    public void Break_WithJitterAndServerAsksForTime_IsNotShorterThanAsked()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var endpoint = new Endpoint(static options => options.BreakJitter = 1, new Random(seed));
            endpoint.Trip(TimeSpan.FromSeconds(7));
            Assert.That(endpoint.Left, Is.InRange(TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(10)));
        }
    }
}
