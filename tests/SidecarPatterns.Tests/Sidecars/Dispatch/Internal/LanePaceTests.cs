using System.Diagnostics;

namespace SidecarPatterns.Tests;

/// <summary>When a lane's calls are so short that it goes on alone.</summary>
[TestFixture]
internal sealed class LanePaceTests
{
    private const int Run = 32;

    [Test]
    public void QuickRun_IsAQuarterOfAMicrosecondForEachMessage() =>
        Assert.That(Stopwatch.GetElapsedTime(0, LanePace.QuickRun), Is.EqualTo(TimeSpan.FromMicroseconds(8)));

    [TestCase(long.MaxValue, true)]
    [TestCase(-1, false)]
    public void Count_SaysOnceInARunWhetherItWasQuick(long quickRun, bool wasQuick)
    {
        var pace = default(LanePace);
        Assert.That(Count(ref pace, 1 + (3 * Run), quickRun), Is.EqualTo([(Run, wasQuick), (2 * Run, wasQuick), (3 * Run, wasQuick)]));
    }

    [Test]
    public void Count_ARunOfLessThanTheTimeThatTheMachineRuns_IsQuick()
    {
        var pace = default(LanePace);
        Assert.That(Count(ref pace, 1 + Run, Stopwatch.GetTimestamp()), Is.EqualTo([(Run, true)]));
    }

    [Test]
    public void Break_ANewRunBeginsWithTheNextMessage()
    {
        var pace = default(LanePace);
        Count(ref pace, Run - 1, long.MaxValue);
        pace.Break();

        Assert.That(Count(ref pace, Run, long.MaxValue), Is.Empty);
        Assert.That(pace.Count(long.MaxValue), Is.True);
    }

    /// <summary>Counts messages, and returns what was said at which.</summary>
    private static List<(int Message, bool IsQuick)> Count(ref LanePace pace, int messages, long quickRun)
    {
        List<(int, bool)> said = [];
        for (var message = 0; message < messages; message++)
        {
            if (pace.Count(quickRun) is { } isQuick)
            {
                said.Add((message, isQuick));
            }
        }

        return said;
    }
}
