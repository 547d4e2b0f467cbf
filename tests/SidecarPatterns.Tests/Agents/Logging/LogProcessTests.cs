using System.Text.Json;

namespace SidecarPatterns.Tests;

/// <summary>What only processes of their own can show: a kill, a crash, a signal, two at once, a disk that is really full.</summary>
[TestFixture]
[Platform(Exclude = "Win", Reason = "Signals are sent by kill.")]
[CancelAfter(170_000)]
internal sealed class LogProcessTests : FolderTests<LogFolder>
{
    private const string Program = "SidecarPatterns.Tests.Host";

    [Test]
    public async Task Kill_InTheMiddleOfWriting_EveryCompleteLineIsReadableAndTheTornOneIsRepairedAtTheNextStart()
    {
        await using (var child = Start("log-stream"))
        {
            await child.WroteAsync("many lines");
            await child.SignalAsync("KILL");
            await child.ExitAsync();
        }

        var file = Folder.Files.Single();
        var text = Folder.ReadText(file);
        var complete = text.Split('\n')[..^1];
        Assert.That(complete.Select(NumberOf), Is.EqualTo(Enumerable.Range(0, complete.Length)), "all of them, in their order, up to the last");
        Assert.That(complete, Has.Length.GreaterThan(10_000));

        // Where the kill tore no line, the test does.
        if (text.EndsWith('\n'))
        {
            await File.AppendAllTextAsync(Folder.PathOf(file), "{\"time\":\"20");
        }

        await using (var child = Start("log-and-stop"))
        {
            await child.WroteAsync("running");
            await child.SignalAsync("TERM");
            Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        }

        Assert.That(Folder.Notices("TornLineCut"), Has.Count.EqualTo(1));
        Assert.That(Folder.Messages, Has.Count.EqualTo(complete.Length + 3));
    }

    [Test]
    public async Task Term_LinesUpToTheEndOfStopAsync_AreInTheFile()
    {
        await using var child = Start("log-and-stop");
        await child.WroteAsync("running");
        await child.SignalAsync("TERM");
        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        Assert.That(Folder.Messages, Is.EqualTo(new[] { "start", "stop", "the end of the stop" }));
    }

    [Test]
    public async Task Crash_OfAnExceptionThatNobodyHandles_HasAllLinesAndItsCauseInTheFile()
    {
        await using var child = Start("log-crash");
        Assert.That(await child.ExitAsync(), Is.Not.Zero);
        Assert.That(Folder.Messages, Is.EqualTo(Enumerable.Range(0, 1_000).Select(static i => $"line {i}")), child.ToString());
        Assert.That(Folder.Notices("ProcessCrashed").Single().GetProperty("exception").GetString(), Does.Contain("nobody handles this"));
    }

    [Test]
    public async Task Processes_AtOnce_HaveAFileEach()
    {
        await using (var first = Start("log-and-stop"))
        await using (var second = Start("log-and-stop"))
        {
            await first.WroteAsync("running");
            await second.WroteAsync("running");
            await Eventually.HoldsAsync(() => Folder.Files.Count == 2, "both write"); // Else one may have ended before the other begins, and its file is free.
            await first.SignalAsync("TERM");
            await second.SignalAsync("TERM");
            Assert.That(await first.ExitAsync(), Is.Zero, first.ToString());
            Assert.That(await second.ExitAsync(), Is.Zero, second.ToString());
        }

        Assert.That(Folder.Files, Has.Count.EqualTo(2));
        Assert.That(Folder.Files.Select(file => Folder.Read(file).Count), Is.All.EqualTo(3));
    }

    [Test]
    public async Task Disk_ReallyFull_LosesNothingThatFittedAndRecovers()
    {
        // A disk of a megabyte, most of which something else takes until the agent has noticed.
        await using var disk = await SmallDisk.MountAsync(Folder.Path, kilobytes: 1024);
        await File.WriteAllBytesAsync(Folder.PathOf(".ballast"), new byte[800_000]);
        await using var child = Start("log-full-disk");
        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());

        Assert.That(child.Output, Has.Member("failed and recovered"), child.ToString());
        Assert.That(Folder.Messages, Is.EqualTo(Enumerable.Range(0, 3_000).Select(static i => $"line {i}")));
        Assert.That(Folder.Notices("WritingResumed"), Is.Not.Empty);
        Assert.That(child.Error, Has.Some.Contains("can not be written"));
    }

    private static int NumberOf(string line) => JsonDocument.Parse(line).RootElement.GetProperty("properties").GetProperty("Number").GetInt32();

    private ChildProgram Start(string scenario) =>
        ChildProgram.StartIn(new Dictionary<string, string> { ["LOG_FOLDER"] = Folder.Path }, Program, scenario);
}
