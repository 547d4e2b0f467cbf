namespace SidecarPatterns.Tests;

/// <summary>Durations in the ticks of clocks of any frequency.</summary>
[TestFixture]
internal sealed class TimeTicksTests
{
    [TestCase(10_000_000, 0, 0)]
    [TestCase(10_000_000, 15, 15)]
    [TestCase(10_000_000, 9_007_199_254_740_993, 9_007_199_254_740_993)] // No double has this value.
    [TestCase(1_000_000_000, 15, 1_500)]
    [TestCase(1_000, 20_000, 2)]
    [TestCase(1_000, 20_001, 3)]
    public void Of_AnyFrequency_IsExactOrRoundedUp(long frequency, long duration, long expected) =>
        Assert.That(TimeTicks.Of(TimeSpan.FromTicks(duration), new Clock(frequency)), Is.EqualTo(expected));

    private sealed class Clock(long frequency) : TimeProvider
    {
        public override long TimestampFrequency => frequency;
    }
}
