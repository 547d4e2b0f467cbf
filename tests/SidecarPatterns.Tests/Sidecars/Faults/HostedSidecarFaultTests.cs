namespace SidecarPatterns.Tests;

/// <summary>Hosted services that run as sidecars and do not do as they should.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HostedSidecarFaultTests
{
    private const string Name = "legacy";

    private static readonly InvalidOperationException Cause = new("broken");
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [TestCase("starting", false)]
    [TestCase("starting", true)]
    [TestCase("start", false)]
    [TestCase("start", true)]
    [TestCase("started", false)]
    [TestCase("started", true)]
    public async Task Start_PhaseThrows_FailsTheHostsStartAndStopsWhatHadBegun(string phase, bool synchronously)
    {
        var script = new HostedScript<First>
        {
            OnPhase = HostedScript.In(phase, _ => synchronously ? throw Cause : Task.FromException(Cause)),
        };
        await using var host = TestHost.Build(services => services.AddLifecycle(script, Name));

        var failure = await host.StartAsync().FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<SidecarStartException>().With.InnerException.SameAs(Cause));
            Assert.That(failure?.Message, Does.Contain(Name));
            Assert.That(script.Journal.Lines.TakeLast(5), Is.EqualTo(new[] { phase, "stopping", "stop", "stopped", "dispose" }));
            Assert.That(script.Created, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Start_ThrowsAfterItsWorkHasBegun_TheWorkIsStopped()
    {
        var script = new HostedScript<First> { OnPhase = HostedScript.In("start", static _ => throw Cause) };
        await using var host = TestHost.Build(services => services.AddBackground(script, Name));

        var failure = await host.StartAsync().FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<SidecarStartException>());
            Assert.That(script.Journal.Lines[^1], Is.EqualTo("dispose"));
            Assert.That(host.Logs.Named("DisposeHangs"), Is.Empty);
        }
    }

    [TestCase("starting", "start")]
    [TestCase("start", "started")]
    public async Task Start_NeverReturns_FailsTheHostsStartAndIsAbandonedByName(string phase, string next)
    {
        var held = new SyncPoint();
        var script = new HostedScript<First> { OnPhase = HostedScript.In(phase, _ => held.PassAsync(CancellationToken.None)) };
        await using var host = TestHost.Build(services => services.AddLifecycle(script, Name, static options => options.StartupTimeout = TimeSpan.FromSeconds(3)));

        var start = host.StartAsync();
        await held.ReachedAsync();
        await host.Clock.AdvanceUntilAsync(Grace, () => start.IsCompleted);
        var failure = await start.FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<SidecarStartException>().With.Message.Contains("StartupTimeout").And.Message.Contains(Name));
            Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain(Name));
        }

        held.Release();
        await Eventually.HoldsAsync(() => script.Disposed == 1, "once its code ends it is stopped and disposed of");
        Assert.That(script.Journal.Lines, Does.Contain("stop").And.None.EqualTo(next));
    }

    [Test]
    public async Task Start_InALaterIncarnationTakesTooLong_CountsAsAFailure()
    {
        var script = new HostedScript<First> { Execute = static _ => Task.FromException(Cause) };
        script.OnPhase = HostedScript.In("start", ct => script.Created == 2 ? Task.Delay(Timeout.Infinite, ct) : Task.CompletedTask);
        await using var host = TestHost.Build(services => services.AddBackground(script, Name, static options => options.StartupTimeout = TimeSpan.FromSeconds(50)));
        await host.StartAsync();
        await PassRestartDelayAsync(host, seconds: 1);

        await host.Clock.PassAsync(TimeSpan.FromSeconds(50));
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(1.6), TimeSpan.FromSeconds(2.4));

        Assert.That(host.Snapshot(Name).LastError, Is.TypeOf<TimeoutException>().With.Message.Contains("StartupTimeout"));
        await host.StopAsync();
    }

    [Test]
    public async Task Stop_DuringTheStart_CancelsTheStartAndStopsTheService()
    {
        var held = new SyncPoint();
        var script = new HostedScript<First> { OnPhase = HostedScript.In("start", held.PassAsync) };
        await using var host = TestHost.Build(services => services.AddLifecycle(script, Name));
        var start = host.StartAsync();
        await held.ReachedAsync();

        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await start.FailureAsync(), Is.Not.Null);
            Assert.That(script.Journal.Lines, Is.EqualTo(new[] { "starting", "start", "stopping", "stop", "stopped", "dispose" }));
            Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
        }
    }

    [TestCase("stopping", false)]
    [TestCase("stop", true)]
    [TestCase("stopped", false)]
    public async Task Stop_PhaseThrows_StopThrowsItAndTheOtherPhasesHaveTheirTurn(string phase, bool synchronously)
    {
        var script = new HostedScript<First>
        {
            OnPhase = HostedScript.In(phase, _ => synchronously ? throw Cause : Task.FromException(Cause)),
        };
        await using var host = TestHost.Build(services => services.AddLifecycle(script, Name));
        await host.StartAsync();

        Assert.That(await host.StopAsync().FailureAsync(), Is.SameAs(Cause));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Journal.Lines.TakeLast(4), Is.EqualTo(new[] { "stopping", "stop", "stopped", "dispose" }));
            Assert.That(host.Logs.Named("FailedWhileStopping").Single().Exception, Is.SameAs(Cause));
        }
    }

    [Test]
    public async Task Stop_SeveralPhasesThrow_AllAreThrown()
    {
        var script = new HostedScript<First>
        {
            OnPhase = static (phase, _) => phase.StartsWith("stop", StringComparison.Ordinal) ? throw new InvalidOperationException(phase) : Task.CompletedTask,
        };
        await using var host = TestHost.Build(services => services.AddLifecycle(script, Name));
        await host.StartAsync();

        var failure = await host.StopAsync().FailureAsync();

        Assert.That(
            (failure as AggregateException)?.InnerExceptions.Select(static inner => inner.Message), Is.EqualTo(new[] { "stopping", "stop", "stopped" }));
    }

    [Test]
    public async Task Stop_NeverReturns_IsAbandonedByNameAndDisposedOfOnceItEnds()
    {
        var held = new SyncPoint();
        var script = new HostedScript<First> { OnPhase = HostedScript.In("stop", _ => held.PassAsync(CancellationToken.None)) };
        await using var host = TestHost.Build(services => services.AddLifecycle(script, Name, Draining));
        await host.StartAsync();

        await StopByForceAsync(host);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain($"'{Name}'"));
            Assert.That(script.Disposed, Is.Zero, "not under code that still runs");
        }

        held.Release();
        await Eventually.HoldsAsync(() => script.Disposed == 1);
        Assert.That(script.Journal.Lines.Count(static line => line == "stop"), Is.EqualTo(1));
    }

    [Test]
    public async Task Stop_BlocksItsThread_IsAbandonedToo()
    {
        var held = new SyncPoint();
        var script = new HostedScript<First>
        {
            OnPhase = HostedScript.In("stop", _ =>
            {
                held.Pass();
                return Task.CompletedTask;
            }),
        };
        await using var host = TestHost.Build(services => services.AddLifecycle(script, Name, Draining));
        await host.StartAsync();

        await StopByForceAsync(host);

        Assert.That(host.Logs.Named("SidecarAbandoned"), Has.Count.EqualTo(1));
        held.Release();
        await Eventually.HoldsAsync(() => script.Disposed == 1);
    }

    [Test]
    public async Task Stop_OfWhatFailedHangs_IsLeftAloneAndTheNextIncarnationIsMade()
    {
        var held = new SyncPoint();
        var script = new HostedScript<First>();
        script.Execute = ct => script.Created == 1 ? Task.FromException(Cause) : Script.UntilCancelledAsync(ct);
        script.OnPhase = HostedScript.In("stop", ct => script.Created == 1 ? held.PassAsync(CancellationToken.None) : Task.CompletedTask);
        await using var host = TestHost.Build(services => services.AddBackground(script, Name, Draining));
        await host.StartAsync();
        await held.ReachedAsync();

        await host.Clock.PassAsync(DrainTimeout);
        await host.LoggedAsync("DisposeHangs");
        await PassRestartDelayAsync(host, seconds: 1);
        await Eventually.HoldsAsync(() => host.Snapshot(Name) is { State: SidecarState.Ready, Incarnation: 2 });

        held.Release();
        await host.StopAsync();
    }

    [Test]
    public async Task Stop_OfWhatFailedHangs_HasTheTimeThatTheOptionsLeaveByThen()
    {
        var (stopping, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        var script = new HostedScript<First>();
        script.Execute = ct => script.Created == 2 ? Task.FromException(Cause) : Script.UntilCancelledAsync(ct);
        script.OnPhase = HostedScript.In("stop", async ct =>
        {
            if (script.Created == 2)
            {
                stopping.TrySetResult(); // Its time runs.
                await Script.UntilCancelledAsync(ct);
                cancelled.TrySetResult();
            }
        });
        var configuration = new ReloadableConfiguration();
        await using var host = configuration.BuildHost(services => services.AddBackground(script, Name));
        await host.StartAsync();
        configuration.Change(($"Sidecars:{Name}:DrainTimeout", "00:00:03"));
        await host.Control.RestartAsync(Name).InTime();

        await stopping.Task.InTime();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(3));

        await cancelled.Task.InTime();
        await PassRestartDelayAsync(host, seconds: 1);
        await Eventually.HoldsAsync(() => host.Snapshot(Name) is { State: SidecarState.Ready, Incarnation: 3 });
        await host.StopAsync();
    }

    [Test]
    public async Task Host_DisposedOfWithoutAStop_EndsTheServiceToo()
    {
        var script = new HostedScript<First>();
        var host = TestHost.Build(services => services.AddBackground(script, Name));
        await host.StartAsync();

        await host.DisposeAsync();

        Assert.That(script.Journal.Lines, Does.Contain("stop").And.Contains("dispose"));
    }

    private static void Draining(SidecarOptions options) => options.DrainTimeout = DrainTimeout;

    private static async Task StopByForceAsync(TestHost host)
    {
        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await host.Clock.PassAsync(Grace);
        await stop;
    }

    private static async Task PassRestartDelayAsync(TestHost host, double seconds) =>
        await host.Clock.AdvanceAsync(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(seconds * 0.8), TimeSpan.FromSeconds(seconds * 1.2)));
}
