namespace SidecarPatterns.Tests;

/// <summary>Times as timers take them.</summary>
[TestFixture]
internal sealed class TimerTimeTests
{
    [TestCase(0, 0)]
    [TestCase(1, 1)]
    [TestCase(0.0001, 1)]
    [TestCase(1.0001, 2)]
    [TestCase(-1, 0)]
    [TestCase(49 * 86_400_000.0, 49 * 86_400_000.0)]
    [TestCase(50 * 86_400_000.0, 49 * 86_400_000.0)]
    public void Of_WhatIsLeft_IsNeverTooShortForATimerNorTooLong(double left, double expected) =>
        Assert.That(TimerTime.Of(TimeSpan.FromMilliseconds(left)).TotalMilliseconds, Is.EqualTo(expected));
}
