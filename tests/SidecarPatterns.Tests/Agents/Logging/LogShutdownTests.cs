using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using static SidecarPatterns.Tests.LogMethods;

namespace SidecarPatterns.Tests;

/// <summary>The first line and the last one: whatever is logged before the start, while services stop, and after that, is in the file.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class LogShutdownTests : FolderTests<LogFolder>
{
    [Test]
    public async Task Lines_OfAllTimesOfAHost_AreInTheFileInTheirOrder()
    {
        await using (var host = LogHosts.Build(Folder, services: static services =>
        {
            services.AddHostedService<Talker>();
            services.AddSidecar<int>("late", static (_, _, _) => default);
            services.AddHostedSidecar<OtherTalker>("other");
        }))
        {
            var logger = host.Logger();
            Say(logger, "built");
            Assert.That(Folder.Messages, Is.EqualTo(new[] { "built" }), "before the start there is no sidecar: who logs writes");
            await host.StartAsync();
            await host.StopAsync();
            Say(logger, "stopped");
            Assert.That(Folder.Messages[^1], Is.EqualTo("stopped"), "nor after the stop");
        }

        Assert.That(Folder.Messages, Is.EqualTo(new[]
        {
            "built", "OtherTalker starts", "Talker starts", "Talker stops", "end of Talker", "OtherTalker stops", "end of OtherTalker", "stopped",
        }));
    }

    [Test]
    public async Task Lines_AfterTheContainerIsGone_GoToStandardError()
    {
        var error = new ErrorStream();
        ILogger logger;
        await using (var host = LogHosts.Build(Folder, standardError: error))
        {
            logger = host.Logger();
            await host.StartAsync();
            await host.StopAsync();
        }

        Say(logger, "too late");
        Assert.That(error.Text, Does.EndWith("info Test.Shop[1] too late\n"));
    }

    [Test]
    public async Task Host_DisposedOfWithoutAStop_LosesNoLine()
    {
        await using (var host = LogHosts.Build(Folder))
        {
            await host.StartAsync();
            for (var i = 0; i < 500; i++)
            {
                Say(host.Logger(), $"{i}");
            }
        }

        Assert.That(Folder.Messages, Is.EquivalentTo(Enumerable.Range(0, 500).Select(static i => $"{i}")));
    }

    [Test]
    public async Task Host_WhoseStartFails_HasItsLinesInTheFile()
    {
        await using (var host = LogHosts.Build(Folder, services: static services => services.AddHostedService<FailingService>()))
        {
            Assert.That(await host.Host.StartAsync().FailureAsync(), Is.TypeOf<IOException>());
        }

        Assert.That(Folder.Messages, Is.EqualTo(new[] { "about to fail" }));
    }

    [Test]
    public async Task Host_WithWrongSidecarOptions_StillLogs()
    {
        await using (var host = LogHosts.Build(
            Folder, services: static services => services.AddSidecar<int>("wrong", static (_, _, _) => default, static options => options.Capacity = 0)))
        {
            Say(host.Logger(), "before");
            Assert.That(await host.Host.StartAsync().FailureAsync(), Is.Not.Null);
            Say(host.Logger(), "after");
        }

        Assert.That(Folder.Messages, Is.EqualTo(new[] { "before", "after" }));
    }

    [Test]
    public async Task Agent_StartsBeforeAndDrainsAfterEverySidecar()
    {
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Services.AddSidecar<int>("first", static (_, _, _) => default);
            LogHosts.Add(builder, Folder);
        });
        await host.StartAsync();
        await host.StopAsync();
        var steps = host.Logs.Named("StateChanged").Select(static entry => entry.Message)
            .Where(static text => text.EndsWith("to Starting.", StringComparison.Ordinal) || text.EndsWith("to Stopped.", StringComparison.Ordinal))
            .Select(static text => text.Split('\'')[1] + text[text.LastIndexOf(' ')..]);
        Assert.That(steps, Is.EqualTo(new[] { "log-agent Starting.", "first Starting.", "first Stopped.", "log-agent Stopped." }));
    }

    [Test]
    public async Task Order_OfAThreadThatLogsWhileTheWaysAreFound_IsKept()
    {
        const int Early = 2_000;
        var finding = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var found = new ManualResetEventSlim();
        await using var host = LogHosts.Build(Folder, services: services => services.Configure<SidecarOptions>(AgentNames.Log, _ =>
        {
            finding.TrySetResult();
            found.Wait();
        }));
        var logger = host.Logger();
        var first = Task.Run(() => Say(logger, "first"));
        await finding.Task.InTime();
        for (var i = 0; i < Early; i++)
        {
            Say(logger, $"{i}");
        }

        // Once they are found, what the first thread has still to post of the lines before must not be overtaken by those behind.
        found.Set();
        Assert.That(SpinWait.SpinUntil(() => host.Services.GetRequiredService<LogRoutes>().Found.Count > 0, TimeSpan.FromSeconds(30)), Is.True);
        for (var i = Early; i < Early + 500; i++)
        {
            Say(logger, $"{i}");
        }

        await first.InTime();
        Assert.That(Folder.Messages, Is.EqualTo(Enumerable.Range(0, Early + 500).Select(static i => $"{i}").Prepend("first")));
    }

    [Test]
    public async Task Flush_BringsAllToTheFile()
    {
        await using var host = LogHosts.Build(Folder);
        await host.StartAsync();
        for (var round = 1; round <= 50; round++)
        {
            Say(host.Logger(), $"{round}");
            await host.FlushLogAsync();
            Assert.That(Folder.Messages, Has.Count.EqualTo(round));
        }
    }

    [Test]
    public async Task Provider_IsNotResolvedInACircle()
    {
        await using var host = LogHosts.Build(Folder, onlyTests: false, services: static services =>
        {
            // Options that are made with a logger which logs: sidecars need them, and the agent is one.
            services.AddSingleton<Microsoft.Extensions.Options.IConfigureOptions<SidecarOptions>>(static provider =>
                new TalkingSetup(provider.GetRequiredService<ILogger<TalkingSetup>>()));
        });
        await host.StartAsync();
        await host.FlushLogAsync();
        Assert.That(Folder.Messages, Has.Some.EqualTo("options are made"));
    }

    [Test]
    public async Task Crash_IsLoggedAndFlushed()
    {
        await using var host = LogHosts.Build(Folder, static options => options.FlushOnCrash = true);
        await host.StartAsync();
        Say(host.Logger(), "the last words");
        using var hook = new CrashHook(
            host.Services.GetRequiredService<LogRoutes>(), host.Services.GetRequiredService<SidecarLog>(), TimeProvider.System);
        await Task.Run(() => hook.OnCrash(new IOException("the end"))).InTime();

        Assert.That(Folder.Messages, Is.EqualTo(new[] { "the last words" }));
        Assert.That(Folder.Notices("ProcessCrashed").Single().GetProperty("exception").GetString(), Does.Contain("the end"));
    }

    private abstract class AnyTalker(ILoggerFactory loggers) : IHostedService
    {
        private readonly ILogger _logger = loggers.CreateLogger(LogHosts.Category);

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Say(_logger, $"{GetType().Name} starts");
            return Task.CompletedTask;
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            Say(_logger, $"{GetType().Name} stops");
            await Task.Yield();
            Say(_logger, $"end of {GetType().Name}");
        }
    }

    private sealed class Talker(ILoggerFactory loggers) : AnyTalker(loggers);

    private sealed class OtherTalker(ILoggerFactory loggers) : AnyTalker(loggers);

    private sealed class FailingService(ILoggerFactory loggers) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            Say(loggers.CreateLogger(LogHosts.Category), "about to fail");
            throw new IOException("failed");
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class TalkingSetup(ILogger<TalkingSetup> logger) : Microsoft.Extensions.Options.IConfigureNamedOptions<SidecarOptions>
    {
        public void Configure(string? name, SidecarOptions options) => Configure(options);

        public void Configure(SidecarOptions options) => Say(logger, "options are made");
    }
}
