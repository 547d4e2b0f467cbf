namespace SidecarPatterns.Tests;

/// <summary>How long a restart waits; the same rule serves a sidecar and a group.</summary>
[TestFixture]
internal sealed class RestartBackoffTests
{
    private static readonly RestartLimits Limits = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), 5, TimeSpan.FromMinutes(1));

    [Test]
    public void NextDelay_AfterEndsInARow_DoublesUpToItsBoundGiveOrTakeAFifth()
    {
        var backoff = new RestartBackoff(Limits);
        foreach (var seconds in new double[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            backoff.Count(TimeSpan.Zero, failed: true);
            for (var i = 0; i < 200; i++)
            {
                Assert.That(backoff.NextDelay().TotalSeconds, Is.InRange(0.8 * seconds, 1.2 * seconds));
            }
        }
    }

    // The framework's delays drop the rest of a millisecond: one that is told with it would end before its time.
    [Test]
    public void NextDelay_HasJitter_IsInWholeMilliseconds()
    {
        var backoff = new RestartBackoff(Limits);
        backoff.Count(TimeSpan.Zero, failed: true);
        var delays = Enumerable.Range(0, 1000).Select(_ => backoff.NextDelay()).ToArray();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(delays.Select(static delay => delay.Ticks % TimeSpan.TicksPerMillisecond), Is.All.Zero);
            Assert.That(delays.Distinct().Count(), Is.GreaterThan(100), "there is jitter");
        }
    }

    [Test]
    public void Count_Returns_AreNoFailures()
    {
        var backoff = new RestartBackoff(Limits);
        backoff.Count(TimeSpan.Zero, failed: true);
        backoff.Count(TimeSpan.Zero, failed: false, returnEndsRow: false);
        Assert.That(backoff.FailuresInRow, Is.EqualTo(1));

        backoff.Count(TimeSpan.Zero, failed: false);
        Assert.That(backoff.FailuresInRow, Is.Zero);
    }

    [Test]
    public void Count_ReadyForLongEnough_BeginsANewRow()
    {
        var backoff = new RestartBackoff(Limits);
        for (var i = 0; i < 6; i++)
        {
            backoff.Count(TimeSpan.Zero, failed: true);
        }

        Assert.That(backoff.IsExhausted, Is.True);

        backoff.Count(Limits.HealthyAfter, failed: true);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(backoff.IsExhausted, Is.False);
            Assert.That(backoff.FailuresInRow, Is.EqualTo(1));
            Assert.That(backoff.NextDelay().TotalSeconds, Is.InRange(0.8, 1.2));
        }
    }
}
