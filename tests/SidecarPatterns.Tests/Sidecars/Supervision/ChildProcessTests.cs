using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SidecarPatterns.Tests;

/// <summary>What only a process of its own can show: exit codes and signals.</summary>
[Platform(Exclude = "Win", Reason = "Signals are sent by kill.")]
internal sealed partial class ChildProcessTests
{
    private const int Limit = 170_000;

    [Test]
    [CancelAfter(Limit)]
    public async Task ExitCode_CriticalSidecarFailsForGood_IsOneAndTheRunThrowsTheVeryCause()
    {
        await using var child = Start("critical-failure");

        Assert.That(await child.ExitAsync(), Is.EqualTo(1), child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Output, Has.Member("caught System.InvalidOperationException: the cause"));
            Assert.That(child.Output, Has.Member("the very cause: True"));
            Assert.That(child.Output, Has.Member("state Failed"));
            Assert.That(child.Output, Has.Exactly(1).StartsWith("logged Critical CriticalSidecarFailed: Critical sidecar 'failing'"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task ExitCode_CriticalSidecarFailsWithSetExitCodeOff_IsZeroAndTheRunStillThrows()
    {
        await using var child = Start("critical-failure-without-exit-code");

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        Assert.That(child.Output, Has.Member("the very cause: True"));
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task ExitCode_CriticalSidecarFailsAndNobodyCatchesIt_IsThatOfAnAbort()
    {
        await using var child = Start("critical-failure-uncaught");

        Assert.That(await child.ExitAsync(), Is.EqualTo(134), child.ToString());
        Assert.That(child.Output, Has.Exactly(1).StartsWith("logged Critical CriticalSidecarFailed: Critical sidecar 'failing'"));
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task ExitCode_OptionalSidecarFails_IsZeroAndTheApplicationGoesOn()
    {
        await using var child = Start("optional-failure");

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Output, Has.Member("goes on: True"));
            Assert.That(child.Output, Has.Member("state Failed"));
            Assert.That(child.Output, Has.None.StartsWith("caught"));
            Assert.That(child.Output, Has.Exactly(1).StartsWith("logged Error OptionalSidecarFailed: Optional sidecar 'failing'"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task ExitCode_CriticalSidecarFailsWhileOtherServicesStart_IsOneAndTheCauseIsLogged()
    {
        await using var child = Start("critical-failure-while-starting");

        Assert.That(await child.ExitAsync(), Is.EqualTo(1), child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Output, Has.Some.Matches("^caught .*CanceledException"));
            Assert.That(child.Output, Has.Some.Matches("^logged Critical CriticalSidecarFailed: .*the cause$"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task ExitCode_CriticalSidecarIsNotReadyInTime_IsOneAndThatIsLogged()
    {
        await using var child = Start("critical-not-ready");

        Assert.That(await child.ExitAsync(), Is.EqualTo(1), child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Output, Has.Some.StartsWith("caught SidecarPatterns.SidecarStartException: Sidecar 'late' was not ready within StartupTimeout"));
            Assert.That(child.Output, Has.Exactly(1).StartsWith("logged Critical CriticalSidecarFailed: Critical sidecar 'late'"));
        }
    }

    [TestCase("TERM")]
    [TestCase("INT")]
    [CancelAfter(Limit)]
    public async Task Signal_InTheMiddleOfWork_EndsWithZeroAndEveryAcceptedMessageHandled(string signal)
    {
        await using var child = Start("work");
        await child.WroteAsync("working");

        await child.SignalAsync(signal);

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        var own = Numbers(child, "own ");
        var snapshot = Numbers(child, "snapshot ");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(own["handled"], Is.EqualTo(own["accepted"]).And.GreaterThanOrEqualTo(200));
            Assert.That(snapshot["accepted"], Is.EqualTo(own["accepted"]));
            Assert.That(snapshot["handled"], Is.EqualTo(own["handled"]));
            Assert.That(snapshot["rejected"], Is.EqualTo(own["refused"]));
            Assert.That(
                snapshot["deadLettered"] + snapshot["evicted"] + snapshot["abandoned"] + snapshot["queued"] + snapshot["inFlight"], Is.Zero);
            Assert.That(child.Output, Has.None.StartsWith("logged"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Signal_WhileASidecarIsStarting_CancelsItsStartAndEnds()
    {
        await using var child = Start("slow-start");
        await child.WroteAsync("starting");

        await child.SignalAsync("TERM");

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Output, Has.Member("start-up cancelled: True"));
            Assert.That(child.Output, Has.Exactly(1).Matches("^caught .*CanceledException"));
            Assert.That(child.Output, Has.Member("state Stopped"));
        }
    }

    [TestCase("hang")]
    [TestCase("hang-blocking")]
    [CancelAfter(Limit)]
    public async Task Signal_WhileAHandlerHangs_EndsInTimeAndNamesTheSidecar(string scenario)
    {
        await using var child = Start(scenario);
        await child.WroteAsync("handling");

        var signalledAt = Stopwatch.GetTimestamp();
        await child.SignalAsync("TERM");
        var exitCode = await child.ExitAsync();

        Assert.That(exitCode, Is.Zero, child.ToString());
        using (Assert.EnterMultipleScope())
        {
            // One second to drain and one of grace; the rest is for a busy machine, and far less than the defaults would take.
            Assert.That(Stopwatch.GetElapsedTime(signalledAt), Is.GreaterThan(TimeSpan.FromSeconds(1.9)).And.LessThan(TimeSpan.FromSeconds(10)));
            Assert.That(child.Output, Has.Exactly(1).StartsWith("logged Error SidecarAbandoned: Sidecar 'hanging'"));
            Assert.That(child.Output, Has.Exactly(1).StartsWith("logged Error MessagesAbandoned: Sidecar 'hanging' had 3 message(s) left"));
            Assert.That(child.Output, Has.Member("state Stopped accepted=3 abandoned=3 handled=0"));
        }
    }

    private static ChildProgram Start(string scenario) => ChildProgram.Start("SidecarPatterns.Tests.Host", scenario);

    private static Dictionary<string, long> Numbers(ChildProgram child, string prefix) =>
        NumberPattern().Matches(child.Output.Single(line => line.StartsWith(prefix, StringComparison.Ordinal)))
            .ToDictionary(static match => match.Groups[1].Value, static match => long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"(\w+)=(\d+)")]
    private static partial Regex NumberPattern();
}
