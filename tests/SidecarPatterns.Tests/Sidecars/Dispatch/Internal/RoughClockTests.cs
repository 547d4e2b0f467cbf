using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class RoughClockTests
{
    [Test]
    public void GetTimestamp_OfTheSystem_IsAboutThatOfItsClock()
    {
        // Not how exact it is, which the machine decides, but that it is the same clock.
        var slack = 10 * TimeProvider.System.TimestampFrequency;
        var before = TimeProvider.System.GetTimestamp();

        var rough = RoughClock.GetTimestamp(TimeProvider.System);

        Assert.That(rough, Is.InRange(before - slack, TimeProvider.System.GetTimestamp() + slack));
    }

    [Test]
    public void GetTimestamp_OfAnyOther_IsItsOwn()
    {
        var clock = new FakeTimeProvider();
        clock.Advance(TimeSpan.FromTicks(7));

        Assert.That(RoughClock.GetTimestamp(clock), Is.EqualTo(clock.GetTimestamp()));
    }
}
