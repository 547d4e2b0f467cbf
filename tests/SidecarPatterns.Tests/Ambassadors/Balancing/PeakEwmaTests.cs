namespace SidecarPatterns.Tests;

/// <summary>What an endpoint takes: the peak at once, and back with time. The cases of linkerd2-proxy and Finagle are among them.</summary>
[TestFixture]
internal sealed class PeakEwmaTests
{
    private readonly ManualClock _clock = new();
    private readonly BalancingScale _scale = new(new AmbassadorBalancingOptions(), new ManualClock());

    [Test]
    public void Read_NothingIsKnown_IsNegative() => Assert.That(default(PeakEwma).Read(_clock.Now, _scale), Is.Negative);

    [Test]
    public void Record_Slower_ReplacesTheMean()
    {
        var peak = default(PeakEwma);
        peak.Record(0.05, _clock.Now, _scale);
        peak.Record(2, _clock.Now, _scale);

        Assert.That(peak.Read(_clock.Now, _scale), Is.EqualTo(2).Within(1e-6));
    }

    [TestCase(1)]
    [TestCase(10)]
    [TestCase(60)]
    public void Record_Quicker_TakesItBackOverTheDecay(double seconds)
    {
        var peak = default(PeakEwma);
        peak.Record(5, _clock.Now, _scale);
        for (var i = 0; i < seconds * 100; i++)
        {
            _clock.Pass(TimeSpan.FromMilliseconds(10));
            peak.Record(0.05, _clock.Now, _scale);
        }

        // Between those who read it as it was and those who read it as it falls.
        var expected = 0.05 + (4.95 * Math.Exp(-seconds / 10));
        Assert.That(peak.Read(_clock.Now, _scale), Is.InRange(expected * 0.97, expected * 1.03));
    }

    [Test]
    public void Record_MoreOftenThanItsClockTicks_FallsAllTheSame()
    {
        var peak = default(PeakEwma);
        peak.Record(5, _clock.Now, _scale);
        for (var i = 0; i < 200_000; i++)
        {
            _clock.Now += 1_000; // 10,000 answers a second.
            peak.Record(0.05, _clock.Now, _scale);
        }

        Assert.That(peak.Read(_clock.Now, _scale), Is.EqualTo(0.05 + (4.95 * Math.Exp(-2))).Within(3).Percent);
    }

    [Test]
    public void Read_NobodyIsAsked_FallsTowardsNothing()
    {
        var peak = default(PeakEwma);
        peak.Record(1, _clock.Now, _scale);
        _clock.Pass(TimeSpan.FromSeconds(10));
        Assert.That(peak.Read(_clock.Now, _scale), Is.EqualTo(Math.Exp(-1)).Within(0.1).Percent);
        _clock.Pass(TimeSpan.FromDays(1));

        Assert.That(peak.Read(_clock.Now, _scale), Is.Zero.Within(1e-9));
        Assert.That(peak.IsKnown);
    }

    [Test]
    public void Record_AnEarlierTime_IsTakenForTheSame()
    {
        var peak = default(PeakEwma);
        peak.Record(1, _clock.Now, _scale);

        peak.Record(0.5, _clock.Now - TimeSpan.TicksPerSecond, _scale);

        Assert.That(peak.Read(_clock.Now - TimeSpan.TicksPerSecond, _scale), Is.EqualTo(1).Within(1e-6));
    }

    [Test]
    public void Raise_OnlyEverRaises()
    {
        var random = new Random(3);
        var peak = default(PeakEwma);
        peak.Raise(0.1, otherwise: 0.2, _clock.Now, _scale);
        peak.Raise(0.2, otherwise: 0.2, _clock.Now, _scale);
        Assert.That(peak.IsKnown, Is.False, "no more than what it counts for anyway");
        for (var i = 0; i < 5_000; i++)
        {
            if (random.Next(3) == 0)
            {
                peak.Record(random.NextDouble(), _clock.Now, _scale);
            }

            _clock.Pass(TimeSpan.FromMilliseconds(random.Next(50)));
            var before = peak.Read(_clock.Now, _scale);
            var seconds = random.NextDouble() * 2;
            peak.Raise(seconds, otherwise: 0.2, _clock.Now, _scale);
            var after = peak.Read(_clock.Now, _scale);
            Assert.That(after, Is.EqualTo(Math.Max(before < 0 ? (seconds > 0.2 ? seconds : -1) : before, before < 0 ? -1 : seconds)).Within(1e-6));
        }
    }

    [Test]
    public void Record_RandomAnswers_IsAsAPlainDouble()
    {
        var random = new Random(11);
        var peak = default(PeakEwma);
        var (model, at) = (-1.0, _clock.Now);
        for (var i = 0; i < 20_000; i++)
        {
            _clock.Pass(TimeSpan.FromMilliseconds(Math.Pow(10, random.NextDouble() * 3)));
            var sample = Math.Pow(10, (random.NextDouble() * 4) - 3);
            var remains = Math.Exp(-TimeSpan.FromTicks(_clock.Now - at).TotalSeconds / 10);
            model = model < 0 || sample >= model * remains ? sample : (model * remains) + (sample * (1 - remains));
            at = _clock.Now;
            peak.Record(sample, _clock.Now, _scale);

            Assert.That(peak.Read(_clock.Now, _scale), Is.EqualTo(model).Within(1).Percent, $"after {i}");
        }
    }
}
