using CsCheck;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class RetryDelayTests
{
    private static readonly AmbassadorRetryOptions Options = new();

    private static readonly Gen<TimeSpan> Durations = Gen.Long[0, AmbassadorConstants.MaxDuration.Ticks].Select(TimeSpan.FromTicks);

    [TestCase(50, 0, 50)]
    [TestCase(50, 1, 100)]
    [TestCase(50, 6, 3_200)]
    [TestCase(50, 7, 5_000)]
    [TestCase(50, 99, 5_000)]
    [TestCase(1_000, 2, 4_000)]
    [TestCase(0, 50, 0)]
    public void Next_NobodyAsks_IsARandomPartOfABoundThatDoubles(int firstMilliseconds, int retries, int boundMilliseconds)
    {
        var delays = Many(TimeSpan.FromMilliseconds(firstMilliseconds), retries, retryAfter: null);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(delays, Has.All.InRange(0, boundMilliseconds));
            Assert.That(delays.Average(), Is.EqualTo(boundMilliseconds / 2.0).Within(boundMilliseconds * 0.06));
            Assert.That(delays.Max(), Is.GreaterThanOrEqualTo(boundMilliseconds * 0.95));
            Assert.That(delays.Min(), Is.LessThanOrEqualTo(boundMilliseconds * 0.05));
        }
    }

    [TestCase(0, 0, 5_000, TestName = "Next_ServerAsksForNothing_IsAsIfItDidNot")]
    [TestCase(2_000, 2_000, 5_200, TestName = "Next_ServerAsksForTwoSeconds_IsNeverShorter")]
    [TestCase(5_000, 5_000, 5_500, TestName = "Next_ServerAsksForTheBound_IsUpToATenthLonger")]
    [TestCase(60_000, 60_000, 61_000, TestName = "Next_ServerAsksForAMinute_IsUpToASecondLonger")]
    [TestCase(3_600_000, 3_600_000, 3_601_000, TestName = "Next_ServerAsksForTheMost_IsObeyed")]
    public void Next_ServerAsks(int askedMilliseconds, int from, int to)
    {
        var delays = Many(TimeSpan.FromSeconds(5), retries: 0, TimeSpan.FromMilliseconds(askedMilliseconds));

        Assert.That(delays, Has.All.InRange(from, to));
    }

    // Half of the bound, and half of the jitter.
    [TestCase(2_000, 2_600)] // The back-off of 2.5 s is the longer one.
    [TestCase(3_000, 3_150)]
    [TestCase(60_000, 60_500)]
    public void Next_ServerAsks_TheLongerOfTheTwoIsJittered(int askedMilliseconds, int expectedMilliseconds)
    {
        var delay = RetryDelay.Next(
            TimeSpan.FromSeconds(5), Options.MaxDelay, retries: 0, TimeSpan.FromMilliseconds(askedMilliseconds), Options, new FixedRandom(0.5));

        Assert.That(delay, Is.EqualTo(TimeSpan.FromMilliseconds(expectedMilliseconds)));
    }

    [Test]
    public void Next_RetryAfterIsLongerThanBelievedOrNegative_IsNotHeeded([Values(-1, 3_601, long.MaxValue)] long asked)
    {
        var retryAfter = asked == long.MaxValue ? TimeSpan.MaxValue : TimeSpan.FromSeconds(asked);

        var delay = RetryDelay.Next(Options.Delay, Options.MaxDelay, 0, retryAfter, Options);

        Assert.That(delay, Is.LessThanOrEqualTo(Options.Delay));
    }

    [Test]
    public void Next_AnyAllowedOptions_IsNeverTooEarlyNorTooLate() =>
        Gen.Select(Gen.Select(Durations, Durations, Durations, Durations), Gen.Int[0, 100], Durations, Gen.Double[0, 1]).Sample(
            static (durations, retries, asked, part) =>
            {
                var (first, max, maxAsked, maxJitter) = durations;
                var options = new AmbassadorRetryOptions { MaxRetryAfter = maxAsked, MaxRetryAfterJitter = maxJitter, RetryAfterJitter = part };

                var plain = RetryDelay.Next(first, max, retries, retryAfter: null, options);
                var delay = RetryDelay.Next(first, max, retries, asked, options);

                var isHeeded = asked <= maxAsked;
                var latest = isHeeded ? (max > asked ? max : asked) + maxJitter : max;
                return plain >= TimeSpan.Zero && plain <= max && delay >= (isHeeded ? asked : TimeSpan.Zero) && delay <= latest;
            });

    [Test]
    public void Next_ExtremesOfAllOptions_DoNotOverflow()
    {
        var options = new AmbassadorRetryOptions
        {
            MaxDelay = AmbassadorConstants.MaxDuration,
            MaxRetryAfter = AmbassadorConstants.MaxDuration,
            MaxRetryAfterJitter = AmbassadorConstants.MaxDuration,
            RetryAfterJitter = 1,
        };

        for (var retries = 0; retries < 200; retries++)
        {
            var delay = RetryDelay.Next(AmbassadorConstants.MaxDuration, options.MaxDelay, retries, AmbassadorConstants.MaxDuration, options);

            Assert.That(delay, Is.InRange(AmbassadorConstants.MaxDuration, AmbassadorConstants.MaxDuration * 2));
        }
    }

    private static List<double> Many(TimeSpan first, int retries, TimeSpan? retryAfter) =>
        [.. Enumerable.Range(0, 4_000).Select(_ => RetryDelay.Next(first, Options.MaxDelay, retries, retryAfter, Options).TotalMilliseconds)];
}
