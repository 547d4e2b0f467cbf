using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static SidecarPatterns.Tests.LogMethods;

namespace SidecarPatterns.Tests;

/// <summary>A queue that is full: what is dropped, what is not, and how it is told.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class LogQueueTests : FolderTests<LogFolder>
{
    private ScriptedFileSystem _files = null!;
    private ErrorStream _error = null!;

    [SetUp]
    public void Begin()
    {
        _files = new ScriptedFileSystem();
        _error = new ErrorStream();
    }

    [Test]
    public async Task Full_LinesBelowErrorAreDroppedAtNineTenthsAndErrorsTakeTheRestThenStandardError()
    {
        await using var host = Build();
        var held = await HoldAsync(host);
        for (var i = 0; i < 100; i++)
        {
            Inform(host.Logger(), i);
        }

        for (var i = 0; i < 6; i++)
        {
            Fail(host.Logger(), i);
        }

        Assert.That(_error.Lines.Select(static line => line[^7..]), Is.EqualTo(new[] { "error 4", "error 5" }));
        held.Release();
        await host.FlushLogAsync();
        Inform(host.Logger(), 100);
        await host.FlushLogAsync();

        string[] expected = ["held", .. Enumerable.Range(0, 36).Select(static i => $"line {i}"), .. Enumerable.Range(0, 4).Select(static i => $"error {i}"), "line 100"];
        Assert.That(Folder.Messages, Is.EqualTo(expected));
        var notice = Folder.Notices("LinesLost").Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(notice.GetProperty("level").GetString(), Is.EqualTo("Warning"));
            Assert.That(notice.GetProperty("properties").GetProperty("Count").GetInt32(), Is.EqualTo(64));
            Assert.That(Folder.Lines[^1].GetProperty("message").GetString(), Is.EqualTo("line 100"), "told where they are missing");

            // The account: each line of the test, and the one that tells of the losses, is in exactly one of these.
            var account = host.Snapshot(AgentNames.Log);
            Assert.That(account, Has.Property("Accepted").EqualTo(43).And.Property("Handled").EqualTo(43).And.Property("Queued").EqualTo(0));
            Assert.That(account.Dropped, Is.EqualTo(64 + 2));
            Assert.That(account.Rejected, Is.Zero);
        }
    }

    [Test]
    public async Task Account_OfManyThreadsAndAQueueThatOverflows_EveryLineIsInTheFileOrOnStandardErrorOrCountedAsLost()
    {
        const int Threads = 4;
        const int Each = 5_000;
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Services.AddSingleton(TimeProvider.System);
            builder.Configuration["Sidecars:log-agent:Capacity"] = "200";
            LogHosts.Add(builder, Folder, standardError: _error);
        });
        await host.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            var logger = host.Logger($"Test.{thread}");
            for (var i = 0; i < Each; i++)
            {
                if (i % 10 == 0)
                {
                    Fail(logger, i);
                }
                else
                {
                    Inform(logger, i);
                }
            }
        }))).InTime();
        await host.StopAsync();
        var account = host.Snapshot(AgentNames.Log);
        var toldInTime = Folder.Notices("LinesLost").Count;
        var lost = host.Services.GetRequiredService<SidecarLog>().Lost;
        await host.DisposeAsync();

        var lines = Folder.Lines.Where(static line => line.GetProperty("category").GetString()!.StartsWith("Test.", StringComparison.Ordinal))
            .ToLookup(static line => line.GetProperty("category").GetString(), static line => line.GetProperty("properties").GetProperty("Number").GetInt32());
        var written = lines.Sum(static category => category.Count());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(written + _error.Lines.Count + lost, Is.EqualTo(Threads * Each));
            Assert.That(_error.Lines, Is.All.Contains("fail Test."), "nothing below Error goes there");
            Assert.That(Folder.Notices("LinesLost").Sum(static line => line.GetProperty("properties").GetProperty("Count").GetInt32()), Is.EqualTo(lost));
            Assert.That(lines, Is.All.Ordered, "the order of each thread");
            Assert.That(account.Accepted, Is.EqualTo(written + toldInTime));
            Assert.That((account.Handled, account.DeadLettered, account.Queued, account.InFlight), Is.EqualTo((account.Accepted, 0L, 0L, 0L)));
        }
    }

    [Test]
    public async Task Loss_NoFurtherLine_IsToldAfterASecond()
    {
        await using var host = Build();
        var held = await HoldAsync(host);
        for (var i = 0; i < 40; i++)
        {
            Inform(host.Logger(), i);
        }

        held.Release();
        await host.FlushLogAsync();
        Assert.That(Folder.Notices("LinesLost"), Is.Empty);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await host.FlushLogAsync();
        Assert.That(Folder.Notices("LinesLost").Single().GetProperty("properties").GetProperty("Count").GetInt32(), Is.EqualTo(4));
    }

    [Test]
    public async Task Loss_JustBeforeTheEnd_IsToldInTheFile()
    {
        await using (var host = Build())
        {
            var held = await HoldAsync(host);
            for (var i = 0; i < 40; i++)
            {
                Inform(host.Logger(), i);
            }

            held.Release();
            await host.StopAsync();
        }

        Assert.That(Folder.Notices("LinesLost").Single().GetProperty("properties").GetProperty("Count").GetInt32(), Is.EqualTo(4));
    }

    [Test]
    public async Task Loss_WhileTheQueueStaysFull_IsToldOnceAndNotByEveryLine()
    {
        await using var host = Build();
        var held = await HoldAsync(host);
        for (var i = 0; i < 1_000; i++)
        {
            Inform(host.Logger(), i);
        }

        held.Release();
        await host.StopAsync();
        await host.DisposeAsync();
        Assert.That(Folder.Notices("LinesLost").Sum(static line => line.GetProperty("properties").GetProperty("Count").GetInt32()), Is.EqualTo(964));
        Assert.That(Folder.Notices("LinesLost"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Default_QueueOfTheAgent_IsWhatThePageSays()
    {
        await using var host = LogHosts.Build(Folder);
        var options = host.Services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitor<SidecarOptions>>().Get(AgentNames.Log);
        Assert.That(options.Capacity, Is.EqualTo(65_536));
        Assert.That(host.Snapshot(AgentNames.Log).Capacity, Is.EqualTo(65_536));
    }

    [Test]
    public async Task Configuration_OfTheQueue_StandsAboveTheDefaults()
    {
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Configuration["Sidecars:log-agent:Capacity"] = "1000";
            LogHosts.Add(builder, Folder);
        });
        Assert.That(host.Snapshot(AgentNames.Log).Capacity, Is.EqualTo(1_000));
    }

    [Test]
    public async Task FullMode_ThatEvicts_IsRefusedAtTheStart()
    {
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Configuration["Sidecars:log-agent:FullMode"] = "DropOldest";
            LogHosts.Add(builder, Folder);
        });
        Assert.That((await host.Host.StartAsync().FailureAsync())?.Message, Does.Contain("Sidecars:log-agent:FullMode is DropOldest; allowed is DropWrite or Wait"));
    }

    /// <summary>Has the sink held in the middle of a write, with an empty queue behind it.</summary>
    private async Task<SyncPoint> HoldAsync(TestHost host)
    {
        var held = new SyncPoint();
        await host.StartNappingAsync();
        _files.OnWrite = _ =>
        {
            _files.OnWrite = null;
            held.Pass();
        };
        host.Logger().Log(LogLevel.Information, 0, "held", null, static (text, _) => text);
        await host.Clock.PassAsync(LogSidecarConstants.BatchInterval);
        await held.ReachedAsync();
        return held;
    }

    private TestHost Build() => TestHost.BuildWith(builder =>
    {
        builder.Services.AddSingleton<ILogFileSystem>(_files);
        builder.Configuration["Sidecars:log-agent:Capacity"] = "40";
        LogHosts.Add(builder, Folder, standardError: _error);
    });
}
