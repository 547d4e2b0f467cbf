using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using static SidecarPatterns.Tests.LogMethods;

namespace SidecarPatterns.Tests;

/// <summary>What happens while the storage fails: lines are kept, it is tried again, standard error is told, and nothing that fitted is lost.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class LogStorageFaultTests : FolderTests<LogFolder>
{
    private static readonly TimeSpan Interval = LogSidecarConstants.BatchInterval;

    private ScriptedFileSystem _files = null!;
    private ErrorStream _error = null!;

    [SetUp]
    public void Begin()
    {
        _files = new ScriptedFileSystem();
        _error = new ErrorStream();
    }

    [TestCase(0)]
    [TestCase(30)]
    [TestCase(250)]
    public async Task Write_FailsForAWhile_IsTriedAgainWithBackOffAndEveryLineIsThereOnce(int writtenBeforeFailure)
    {
        await using var host = Build();
        Say(host.Logger(), "first"); // Before the start it is written at once: a flush would leave the sink awake, and it might nap only after the time has passed.
        await host.StartNappingAsync();
        _files.WrittenBeforeFailure = writtenBeforeFailure;
        _files.OnWrite = static _ => throw new IOException("disk full");
        for (var i = 0; i < 5; i++)
        {
            Say(host.Logger(), $"line {i}");
        }

        await host.Clock.PassAsync(Interval);
        foreach (var delay in (double[])[0.25, 0.5, 1, 2, 4, 8, 10, 10])
        {
            await host.Clock.PassAsync(TimeSpan.FromSeconds(delay));
        }

        var log = host.Services.GetRequiredService<SidecarLog>();
        Assert.That(log.Error, Is.EqualTo("disk full"));
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(10));
        _files.OnWrite = null;
        var flush = host.FlushLogAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await flush;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Folder.Messages, Is.EqualTo(new[] { "first", "line 0", "line 1", "line 2", "line 3", "line 4" }));
            Assert.That(Folder.Notices("WritingResumed").Single().GetProperty("message").GetString(), Does.Contain("disk full").And.Contain("00:00:45.75"));
            Assert.That(_error.Lines, Has.Count.EqualTo(1).And.Some.Contains("disk full"), "told once in a minute");
            Assert.That(log.Error, Is.Null);
        }
    }

    [Test]
    public async Task Write_FailsForMinutes_StandardErrorIsToldOnceAMinute()
    {
        await using var host = Build();
        await host.StartNappingAsync();
        _files.OnWrite = static _ => throw new IOException("disk full");
        Say(host.Logger(), "kept");
        var passed = TimeSpan.Zero;
        await host.Clock.PassAsync(Interval);
        for (var delay = TimeSpan.FromSeconds(0.25); passed < TimeSpan.FromMinutes(3);)
        {
            await host.Clock.PassAsync(delay);
            passed += delay;
            delay = TimeSpan.FromSeconds(Math.Min(10, delay.TotalSeconds * 2));
        }

        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(10));
        Assert.That(_error.Lines, Has.Count.EqualTo(3).Or.Count.EqualTo(4));
        _files.OnWrite = null;
    }

    [Test]
    public async Task Write_FailsWhileTheQueueFillsUp_KeepsWhatFits()
    {
        await using var host = Build(static options => options.Capacity = 100);
        await host.StartNappingAsync();
        _files.OnWrite = static _ => throw new IOException("disk full");
        Say(host.Logger(), "line 0");
        await host.Clock.PassAsync(Interval);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.25));
        for (var i = 1; i <= 200; i++)
        {
            Say(host.Logger(), $"line {i}");
        }

        _files.OnWrite = null;
        await host.Clock.PassAsync(TimeSpan.FromSeconds(0.25));
        await host.FlushLogAsync();
        Say(host.Logger(), "after");
        await host.FlushLogAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Folder.Messages, Is.EqualTo(Enumerable.Range(0, 91).Select(static i => $"line {i}").Append("after")));
            Assert.That(Folder.Notices("LinesLost").Single().GetProperty("properties").GetProperty("Count").GetInt32(), Is.EqualTo(110));
            Assert.That(host.Services.GetRequiredService<SidecarLog>().Lost, Is.EqualTo(110));
        }
    }

    [Test]
    public async Task Stop_WhileTheStorageFails_EndsInTimeAndTheLinesGoToStandardError()
    {
        await using (var host = Build())
        {
            await host.StartAsync();
            _files.OnWrite = static _ => throw new IOException("disk full");
            for (var i = 0; i < 5; i++)
            {
                Say(host.Logger(), $"line {i}");
            }

            var stop = host.StopAsync();
            await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => stop.IsCompleted);
            await stop;
        }

        // The host gives them a second to be written, which on the test's clock may be over at once.
        await Eventually.HoldsAsync(() => Written().Length == 5);
        Assert.That(Written(), Is.EqualTo(new[] { "line 0", "line 1", "line 2", "line 3", "line 4" }));

        string[] Written() => [.. _error.Lines.Where(static line => line.Contains("Test.Shop", StringComparison.Ordinal)).Select(static line => line[^6..])];
    }

    [Test]
    [Platform("Linux", Reason = "It has a device that is always full.")]
    public async Task Disk_Full_KeepsAllAndRecoversOnceThereIsRoom()
    {
        await using var host = LogHosts.Build(Folder, standardError: _error);
        var day = DateOnly.FromDateTime(host.Clock.GetUtcNow().UtcDateTime);
        var file = Folder.PathOf(new LogFileName(1, day, 1, IsCompressed: false).ToString("app"));
        File.CreateSymbolicLink(file, "/dev/full");
        Say(host.Logger(), "before the start");
        await host.StartNappingAsync();
        for (var i = 0; i < 5; i++)
        {
            Say(host.Logger(), $"line {i}");
        }

        await host.Clock.PassAsync(Interval);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.5)); // The one before the start failed first.
        var log = host.Services.GetRequiredService<SidecarLog>();
        Assert.That(log.Error, Does.Contain("No space left on device"));
        File.Delete(file);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(0.5));
        await host.FlushLogAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Folder.Messages, Is.EqualTo(Enumerable.Range(0, 5).Select(static i => $"line {i}")));
            Assert.That(Folder.Notices("WritingResumed").Single().GetProperty("message").GetString(), Does.Contain("No space left on device"));
            Assert.That(_error.Lines, Has.Count.EqualTo(2).And.Some.Contains("can not be written").And.Some.EndsWith("before the start"));
            Assert.That(log.Error, Is.Null);
        }
    }

    [Test]
    public async Task Folder_CanNotBeMade_RecoversOnceItCan()
    {
        var blocked = Folder.PathOf("logs");
        File.WriteAllText(blocked, "a file where the folder should be");
        await using var host = LogHosts.Build(Folder, options => options.File.Folder = blocked, standardError: _error);
        await host.StartNappingAsync();
        Say(host.Logger(), "kept");
        await host.Clock.PassAsync(Interval);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.25));
        File.Delete(blocked);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(0.25));
        await host.FlushLogAsync();
        Assert.That(File.ReadAllText(Directory.GetFiles(blocked, "*.jsonl").Single()), Does.Contain("\"kept\""));
    }

    [Test]
    public async Task Folder_NotAllowed_ApplicationRunsAndLinesBeforeTheStartGoToStandardError()
    {
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Linux))
        {
            Assert.Ignore("Nobody, not even the administrator, may make a folder in /proc: there is none elsewhere.");
        }

        await using var host = LogHosts.Build(Folder, static options => options.File.Folder = "/proc/log-agent", standardError: _error);
        Say(host.Logger(), "before the start");
        await host.StartAsync();
        Assert.That(_error.Lines, Has.Some.EndsWith("Test.Shop[1] before the start").And.Some.Contains("can not be written to '/proc/log-agent'"));
        Assert.That(host.Services.GetRequiredService<SidecarLog>().Error, Is.Not.Null);
    }

    [Test]
    public async Task Writer_SlowlyWaitMode_CallersWaitAndNothingIsLost()
    {
        const int Threads = 4;
        const int Each = 500;
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Services.AddSingleton<ILogFileSystem>(_files);
            builder.Services.AddSingleton(TimeProvider.System);
            LogHosts.Add(builder, Folder, services: static services => services.Configure<SidecarOptions>(
                AgentNames.Log, static options => (options.Capacity, options.FullMode) = (16, System.Threading.Channels.BoundedChannelFullMode.Wait)));
        });
        await host.StartAsync();
        var logger = host.Logger();
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    Say(logger, $"{thread}.{i}");
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).InTime();
        await host.StopAsync();
        Assert.That(Folder.Messages, Is.EquivalentTo(Enumerable.Range(0, Threads).SelectMany(static thread => Enumerable.Range(0, Each).Select(i => $"{thread}.{i}"))));
    }

    private TestHost Build(Action<SidecarOptions>? configure = null) => TestHost.BuildWith(builder =>
    {
        builder.Services.AddSingleton<ILogFileSystem>(_files);
        LogHosts.Add(builder, Folder, services: services => services.Configure<SidecarOptions>(AgentNames.Log, options => configure?.Invoke(options)), standardError: _error);
    });
}
