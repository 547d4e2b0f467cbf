using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>The files that snapshots are written to, and what befalls them.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class MetricsFilesTests
{
    private string _folder = null!;

    [SetUp]
    public void Begin() => _folder = Directory.CreateTempSubdirectory("metrics").FullName;

    [TearDown]
    public void End() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Prometheus_FolderIsMissingOrRemoved_IsMadeAnew()
    {
        using var test = new CollectedMeter();
        var path = Path.Combine(_folder, "textfile", "app.prom");
        var output = new PrometheusFile(path);
        var counter = test.Meter.CreateCounter<int>("orders");
        for (var i = 1; i <= 2; i++)
        {
            counter.Add(1);
            await output.WriteAsync(test.Collector.Collect(), isLast: false);
            Assert.That(Exposition.Parse(await File.ReadAllTextAsync(path)).Of("orders_total").Values, Is.EqualTo([i]));
            Assert.That(Directory.GetFiles(Path.GetDirectoryName(path)!), Is.EqualTo([path]), "no draft is left");
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    [Test]
    [Platform("Linux,MacOsX")]
    public async Task Prometheus_File_IsReadableByAll()
    {
        using var test = new CollectedMeter();
        var path = Path.Combine(_folder, "app.prom");
        await new PrometheusFile(path).WriteAsync(test.Collector.Collect(), isLast: false);

        Assert.That(
            OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path),
            Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead));
    }

    [Test]
    public async Task Prometheus_ReadWhileItIsReplaced_IsWholeEachTime()
    {
        using var test = new CollectedMeter();
        var path = Path.Combine(_folder, "app.prom");
        var output = new PrometheusFile(path);
        var counters = Enumerable.Range(0, 50).Select(i => test.Meter.CreateCounter<int>($"counter{i}")).ToList();
        await WriteAsync();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await WriteAsync();
            }
        });

        bool isDone;
        do
        {
            isDone = writing.IsCompleted;
            var exposition = Exposition.Parse(await File.ReadAllTextAsync(path));
            Assert.That(exposition.Samples, Has.Count.EqualTo(50));
            Assert.That(exposition.Samples.Values.Distinct().Count(), Is.EqualTo(1), "of one moment");
        }
        while (!isDone);

        await writing;

        async Task WriteAsync()
        {
            counters.ForEach(static counter => counter.Add(1));
            await output.WriteAsync(test.Collector.Collect(), isLast: false);
        }
    }

    [Test]
    public async Task Json_EachSnapshot_IsALineThatStaysWhenTheFileIsMovedAway()
    {
        using var test = new CollectedMeter();
        var path = Path.Combine(_folder, "logs", "app.json");
        var output = new JsonLinesFile(path, 1_000_000);
        test.Meter.CreateCounter<int>("orders").Add(1);
        await output.WriteAsync(test.Collector.Collect(), isLast: false);
        await output.WriteAsync(test.Collector.Collect(), isLast: false);
        File.Move(path, path + ".moved");
        await output.WriteAsync(test.Collector.Collect(), isLast: false);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        await output.WriteAsync(test.Collector.Collect(), isLast: false);

        Assert.That(Lines(path), Is.EqualTo(1));
    }

    [Test]
    public async Task Json_TornLastLine_IsCut([Values("", "{\"whole\":1}\n")] string before, [Values(1, 10_000)] int torn)
    {
        using var test = new CollectedMeter();
        var path = Path.Combine(_folder, "app.json");
        await File.WriteAllTextAsync(path, before + new string('{', torn));

        await new JsonLinesFile(path, 1_000_000).WriteAsync(test.Collector.Collect(), isLast: false);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Lines(path), Is.EqualTo(before.Length > 0 ? 2 : 1));
            Assert.That(await File.ReadAllTextAsync(path), Does.StartWith(before));
        }
    }

    [Test]
    public async Task Json_FileIsFull_IsRenamedAndBegunAnew()
    {
        using var test = new CollectedMeter();
        test.Meter.CreateCounter<int>("orders", description: new string('x', 600)).Add(1);
        var path = Path.Combine(_folder, "app.json");
        var output = new JsonLinesFile(path, 2_500);
        for (var i = 0; i < 10; i++)
        {
            await output.WriteAsync(test.Collector.Collect(), isLast: false);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Directory.GetFiles(_folder).Order(StringComparer.Ordinal), Is.EqualTo([path, path + ".1"]));
            Assert.That(new FileInfo(path).Length, Is.LessThanOrEqualTo(2_500));
            Assert.That(new FileInfo(path + ".1").Length, Is.InRange(1_250, 2_500));
            Assert.That(Lines(path + ".1"), Is.GreaterThan(1));
        }
    }

    [Test]
    public async Task Outputs_OneThatFails_IsToldOnceAndWhenItRecoversAndTheOthersGoOn()
    {
        using var test = new CollectedMeter();
        var logs = new LogRecorder();
        var blocked = Path.Combine(_folder, "blocked");
        await File.WriteAllTextAsync(blocked, "a file where a folder should be");
        var options = new MetricsAgentOptions { PrometheusFile = Path.Combine(blocked, "app.prom"), JsonFile = Path.Combine(_folder, "app.json") };
        await using var services = new ServiceCollection().BuildServiceProvider();
        var outputs = new MetricsOutputs(Microsoft.Extensions.Options.Options.Create(options), services);
        for (var i = 0; i < 3; i++)
        {
            await outputs.WriteAsync(test.Collector.Collect(), isLast: false, logs.CreateLogger("agent"));
        }

        File.Delete(blocked);
        await outputs.WriteAsync(test.Collector.Collect(), isLast: false, logs.CreateLogger("agent"));
        await outputs.WriteAsync(test.Collector.Collect(), isLast: false, NullLogger.Instance);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(logs.Entries.Select(static entry => entry.Event.Name), Is.EqualTo(["OutputFailed", "OutputRecovered"]));
            Assert.That(logs.Entries[1].Message, Does.Contain("after 3 that failed"));
            Assert.That(outputs.Failures, Is.EqualTo([("prometheus-file", 3L), ("json-file", 0L)]));
            Assert.That(Lines(options.JsonFile), Is.EqualTo(5));
            Assert.That(File.Exists(options.PrometheusFile), Is.True);
        }
    }

    private static int Lines(string path)
    {
        var lines = File.ReadAllLines(path);
        foreach (var line in lines)
        {
            JsonDocument.Parse(line).Dispose();
        }

        return lines.Length;
    }
}
