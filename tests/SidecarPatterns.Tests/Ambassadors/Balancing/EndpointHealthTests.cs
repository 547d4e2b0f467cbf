namespace SidecarPatterns.Tests;

/// <summary>When a circuit opens, and for how long.</summary>
[TestFixture]
internal sealed class EndpointHealthTests
{
    [TestCase(10, 9, CircuitState.Closed, TestName = "Record_NineteenOfWhichHalfAndMoreFail_StaysClosed")]
    [TestCase(10, 10, CircuitState.Open, TestName = "Record_TwentyOfWhichHalfFail_Opens")]
    [TestCase(11, 9, CircuitState.Closed, TestName = "Record_TwentyOfWhichFewerFail_StaysClosed")]
    [TestCase(1_000, 999, CircuitState.Closed, TestName = "Record_AlmostHalfOfManyFail_StaysClosed")]
    public void Record_SuccessesAndThenFailures(int successes, int failures, CircuitState expected)
    {
        var endpoint = new Endpoint();

        endpoint.Send(HealthEffect.Success, successes);
        endpoint.Send(HealthEffect.Failure, failures);

        Assert.That(endpoint.State, Is.EqualTo(expected));
    }

    [Test]
    public void Record_FifteenPercentFailForAnHour_StaysClosed()
    {
        var endpoint = new Endpoint();
        for (var i = 0; i < 36_000; i++)
        {
            endpoint.Send(i % 20 is 0 or 7 or 14 ? HealthEffect.Failure : HealthEffect.Success);
            endpoint.Pass(0.1);
        }

        Assert.That(endpoint.Transitions, Is.Empty);
    }

    [Test]
    public void Record_NeutralOnes_CountForNothing()
    {
        var endpoint = new Endpoint();

        endpoint.Send(HealthEffect.Failure, 19);
        endpoint.Send(HealthEffect.Neutral, 1_000);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public void Record_FailuresOlderThanTheWindow_CountNoMore()
    {
        var endpoint = new Endpoint();
        endpoint.Send(HealthEffect.Failure, 19);

        endpoint.Pass(30);
        endpoint.Send(HealthEffect.Failure, 19);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public void Record_FailuresWithinNineStepsOfTheWindow_CountStill()
    {
        var endpoint = new Endpoint();
        endpoint.Send(HealthEffect.Failure, 19);

        endpoint.Pass(27);
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public void Record_FiveFailuresInARowWithSiblings_Opens()
    {
        var endpoint = new Endpoint();
        endpoint.Health.HasSiblings = true;

        endpoint.Send(HealthEffect.Failure, 4);
        endpoint.Send(HealthEffect.Success);
        endpoint.Send(HealthEffect.Failure, 4);
        endpoint.Send(HealthEffect.Neutral);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public void Open_ProbesFailAgainAndAgain_IsTwiceAsLongEachTimeUpToTheMost()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        var lengths = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            lengths.Add(endpoint.Left!.Value.TotalSeconds);
            endpoint.PassBreak();
            endpoint.Send(HealthEffect.Failure);
        }

        Assert.That(lengths, Is.EqualTo([5, 10, 20, 40, 60, 60]));
    }

    [TestCase(0, 10)]
    [TestCase(59.9, 10)]
    [TestCase(60, 5)]
    [TestCase(3_600, 5)]
    public void Open_AgainAfterItWasClosed_TakesBackOneDoublingForEachHealthyMinute(double closedSeconds, double expected)
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.Recover();

        endpoint.Pass(closedSeconds);
        endpoint.Trip();

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(expected)));
    }

    [Test]
    public void Open_AfterManyDoublings_EachHealthyMinuteTakesBackOne()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        for (var i = 0; i < 3; i++)
        {
            endpoint.PassBreak();
            endpoint.Send(HealthEffect.Failure);
        }

        endpoint.Recover();
        endpoint.Pass(90);
        endpoint.Trip();

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(40)), "four doublings less one");
    }

    [Test]
    public void Open_Jitter_StaysWithinItsBoundsAndSpreads()
    {
        var random = new Random(17);
        var lengths = Enumerable.Range(0, 2_000).Select(_ =>
        {
            var endpoint = new Endpoint(static options => options.BreakJitter = 0.2, random);
            endpoint.Trip();
            return endpoint.Left!.Value.TotalSeconds;
        }).ToList();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(lengths, Has.All.InRange(4, 6));
            Assert.That(lengths.Min(), Is.LessThan(4.05));
            Assert.That(lengths.Max(), Is.GreaterThan(5.95));
            Assert.That(lengths.Average(), Is.EqualTo(5).Within(0.1));
        }
    }

    [TestCase(1, 5)]
    [TestCase(5.5, 5.5)]
    [TestCase(30, 30)]
    [TestCase(60, 60)]
    [TestCase(3_600, 60)]
    public void Open_ServerAsksToBeLeftAlone_IsAtLeastSoLongUpToTheMost(double askedSeconds, double expected)
    {
        var endpoint = new Endpoint();

        endpoint.Trip(TimeSpan.FromSeconds(askedSeconds));

        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(expected)));
    }

    [Test]
    public void TryEnter_Open_SaysInHowLong()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();
        endpoint.Pass(2);

        var isLetThrough = endpoint.Health.TryEnter(endpoint.Clock.GetTimestamp(), null, out _, out var retryAfter);

        Assert.That((isLetThrough, retryAfter), Is.EqualTo((false, TimeSpan.FromSeconds(3))));
    }

    [Test]
    public void Apply_NewOptions_HoldFromTheNextResultAndKeepWhatWasCounted()
    {
        var endpoint = new Endpoint();
        endpoint.Send(HealthEffect.Failure, 4);

        endpoint.Health.Apply(new AmbassadorCircuitBreakerOptions { MinimumAttempts = 5, BreakDuration = TimeSpan.FromSeconds(7), BreakJitter = 0 });
        endpoint.Send(HealthEffect.Failure);

        Assert.That((endpoint.State, endpoint.Left), Is.EqualTo((CircuitState.Open, TimeSpan.FromSeconds(7))));
    }

    [Test]
    public void Apply_WhileOpen_StaysOpen()
    {
        var endpoint = new Endpoint();
        endpoint.Trip();

        endpoint.Health.Apply(new AmbassadorCircuitBreakerOptions { Window = TimeSpan.FromSeconds(1), MinimumAttempts = 1_000 });

        Assert.That((endpoint.State, endpoint.Left), Is.EqualTo((CircuitState.Open, TimeSpan.FromSeconds(5))));
    }

    [Test]
    public void NeverOpens_AllFail_LetsEverythingThroughAndCounts()
    {
        var endpoint = new Endpoint();
        endpoint.Health.NeverOpens = true;

        endpoint.Send(HealthEffect.Failure, 100);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
        endpoint.Health.NeverOpens = false;
        endpoint.Send(HealthEffect.Failure);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    // Ratios that a multiplication would miss by the last bit of a double.
    [TestCase(0.07, 7, 100)]
    [TestCase(0.29, 29, 100)]
    [TestCase(0.58, 58, 100)]
    [TestCase(1, 20, 20)]
    public void Record_ExactlyTheRatio_Opens(double ratio, int failures, int total)
    {
        var endpoint = new Endpoint(options => options.FailureRatio = ratio);

        endpoint.Send(HealthEffect.Success, total - failures);
        endpoint.Send(HealthEffect.Failure, failures);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public void Record_SuccessAfterFailures_DoesNotOpen()
    {
        // The twentieth is a success: it takes the number of attempts over the minimum, but it is no reason to open.
        var endpoint = new Endpoint();
        endpoint.Send(HealthEffect.Failure, 19);

        endpoint.Send(HealthEffect.Success);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));

        endpoint.Send(HealthEffect.Failure);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public void Record_FiveInARowAcrossARecovery_CountAnew()
    {
        var endpoint = new Endpoint();
        endpoint.Health.HasSiblings = true;
        endpoint.Send(HealthEffect.Failure, 5);
        endpoint.Recover();

        endpoint.Send(HealthEffect.Failure, 4);

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    [Category("Memory")]
    public void Record_Success_AllocatesNothing()
    {
        var endpoint = new Endpoint();
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Run();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Run()
        {
            for (var i = 0; i < 10_000; i++)
            {
                endpoint.Health.TryEnter(endpoint.Clock.GetTimestamp(), null, out var permit, out _);
                endpoint.Health.Record(permit, HealthEffect.Success, endpoint.Clock.GetTimestamp());
            }
        }
    }
}
