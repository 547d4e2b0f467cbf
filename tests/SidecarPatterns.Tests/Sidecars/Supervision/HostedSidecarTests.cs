using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests.Sidecars.Supervision;

/// <summary>The life of somebody else's hosted service that runs as a sidecar.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HostedSidecarTests
{
    [Test]
    public async Task Phases_OfItsLife_EncloseThoseOfTheApplication()
    {
        var script = new HostedScript<First>();
        await using var host = TestHost.Build(services =>
        {
            services.AddSingleton<IHostedService>(new JournalService(script.Journal));
            services.AddLifecycle(script, "first");
        });

        await host.StartAsync();
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Ready));
        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Journal.Lines, Is.EqualTo(new[]
            {
                "starting", "start", "started",
                "application starting", "application start", "application started",
                "application stopping", "application stop", "application stopped",
                "stopping", "stop", "stopped", "dispose",
            }));
            Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Snapshot("first").Capacity, Is.Zero, "it takes no messages");
        }
    }

    [TestCase("starting")]
    [TestCase("start")]
    [TestCase("started")]
    public async Task Start_PhaseUnderWay_ItIsNotReadyAndTheApplicationWaits(string phase)
    {
        var held = new SyncPoint();
        var script = new HostedScript<First> { OnPhase = HostedScript.In(phase, held.PassAsync) };
        await using var host = TestHost.Build(services => services
            .AddSingleton<IHostedService>(new JournalService(script.Journal)).AddLifecycle(script, "first"));

        var start = host.StartAsync();
        await held.ReachedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Starting));
            Assert.That(script.Journal.Lines, Has.None.StartsWith("application"));
        }

        held.Release();
        await start;
        Assert.That(host.Snapshot("first").IsReady, Is.True);
        await host.StopAsync();
    }

    [Test]
    public async Task Stop_BackgroundService_WorksUntilItsOwnStopIsCalled()
    {
        var stopping = new SyncPoint();
        var token = default(CancellationToken);
        var script = new HostedScript<First> { OnPhase = HostedScript.In("stop", stopping.PassAsync) };
        script.Execute = ct =>
        {
            token = ct;
            return Script.UntilCancelledAsync(ct);
        };
        await using var host = TestHost.Build(services => services.AddBackground(script, "first"));
        await host.StartAsync();
        await Eventually.HoldsAsync(() => token.CanBeCanceled);

        var stop = host.StopAsync();
        await stopping.ReachedAsync();
        Assert.That(token.IsCancellationRequested, Is.False, "the token of its start means nothing any more");
        stopping.Release();
        await stop;

        Assert.That(script.Journal.Lines, Is.EqualTo(new[] { "start", "stop", "executed", "dispose" }));
    }

    [Test]
    public async Task Stop_TimeToDrainIsOver_CancelsTheTokenOfItsPhases()
    {
        var stopping = new SyncPoint();
        var script = new HostedScript<First> { OnPhase = HostedScript.In("stop", stopping.PassAsync) };
        await using var host = TestHost.Build(services => services.AddLifecycle(
            script, "first", static options => options.DrainTimeout = TimeSpan.FromSeconds(7)));
        await host.StartAsync();

        var stop = host.StopAsync();
        await stopping.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(7));
        await stop;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Journal.Lines.TakeLast(3), Is.EqualTo(new[] { "stop", "stopped", "dispose" }), "the later phases have their turn");
            Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Logs.Named("SidecarAbandoned"), Is.Empty);
        }
    }

    [Test]
    public async Task Hook_OfAServiceThatHasOne_ComesFirstAndKnowsItsContext()
    {
        var script = new HostedScript<First>();
        SidecarContext? seen = null;
        script.Start = (context, _) =>
        {
            seen = context;
            return Task.CompletedTask;
        };
        await using var host = TestHost.Build(services => services.AddStartupBackground(script, "first", static options => options.WaitForSignal = true));

        var start = host.StartAsync();
        await Eventually.HoldsAsync(() => script.Journal.Lines.Count == 2);
        Assert.That(host.Snapshot("first").IsReady, Is.False, "it waits for the signal");
        seen!.SignalReady();
        await start;
        await host.StopAsync();

        Assert.That(script.Journal.Lines.Take(2), Is.EqualTo(new[] { "hook of first", "start" }));
    }

    [Test]
    public async Task Scope_OfEachIncarnation_IsItsOwn()
    {
        var seen = new List<Guid>();
        await using var host = TestHost.Build(services =>
        {
            services.AddScoped<Scoped>().AddSingleton(seen);
            services.AddHostedSidecar<ScopedService>("first", static options => options.RestartPolicy = RestartPolicy.Always);
        });
        await host.StartAsync();
        await host.Clock.PassFirstRestartDelayAsync();
        await Eventually.HoldsAsync(() => host.Snapshot("first").Restarts == 1 && seen.Count == 2);
        await host.StopAsync();

        Assert.That(seen, Is.Unique);
    }

    [Test]
    public async Task Start_SameTypeIsAHostedServiceToo_WarnsOnceHoweverItIsRegistered()
    {
        var script = new HostedScript<First>();
        await using var host = TestHost.Build(services =>
        {
            services.AddBackground(script, "first");
            services.AddHostedSidecar<LifecycleService<Second>>("second").Services.AddSingleton(new HostedScript<Second>());
            services.AddHostedService<WorkingService<First>>();
            services.AddSingleton<IHostedService>(static provider => new WorkingService<First>(provider.GetRequiredService<HostedScript<First>>()));
        });
        await host.StartAsync();
        await host.StopAsync();

        var warning = host.Logs.Named("RunsTwice").Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(warning.Level, Is.EqualTo(LogLevel.Warning));
            Assert.That(warning.Message, Does.Contain("'first'"));
        }
    }

    [Test]
    public async Task Start_SameTypeIsMadeByAFactoryOrIsAnInstance_WarnsAsWell()
    {
        var services = new ServiceCollection();
        services.AddSingleton(new HostedScript<First>()).AddSingleton(new HostedScript<Second>());
        services.AddHostedSidecar<WorkingService<First>>("factory");
        services.AddHostedSidecar<WorkingService<Second>>("instance");
        services.AddHostedService(static provider => ActivatorUtilities.CreateInstance<WorkingService<First>>(provider));
        using var instance = new WorkingService<Second>(new HostedScript<Second>());
        services.AddSingleton<IHostedService>(instance);
        await using var provider = services.BuildServiceProvider();

        Assert.That(
            provider.GetRequiredService<SidecarRegistry>().Registrations.Select(static registration => registration.IsHostedServiceToo), Is.All.True);
    }

    [Test]
    public async Task Start_SameTypeIsRegisteredButTheHostDoesNotRunIt_DoesNotWarn()
    {
        var services = new ServiceCollection();
        services.AddHostedSidecar<WorkingService<First>>("first");
        services.AddSingleton<WorkingService<First>>();
        services.AddKeyedSingleton<IHostedService, WorkingService<First>>("key");
        await using var provider = services.BuildServiceProvider();

        Assert.That(provider.GetRequiredService<SidecarRegistry>().Registrations.Single().IsHostedServiceToo, Is.False);
    }

    internal sealed class Scoped
    {
        public Guid Id { get; } = Guid.NewGuid();
    }

    internal sealed class ScopedService(Scoped scoped, List<Guid> seen) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken)
        {
            seen.Add(scoped.Id);
            return Task.CompletedTask;
        }
    }
}
