namespace SidecarPatterns.Tests;

/// <summary>Sidecars that say never, twice or too late that they are ready.</summary>
internal sealed class ReadinessFaultTests
{
    private const string Name = "signalling";

    private static readonly TimeSpan StartupTimeout = TimeSpan.FromSeconds(20);

    [Test]
    [CancelAfter(170_000)]
    public async Task SignalReady_NeverByACriticalSidecar_FailsTheHostsStartAndSaysWhatIsMissing()
    {
        var script = new Script<First>();
        await using var host = TestHost.Build(services => services.AddRun(script, Name, WaitForSignal));

        var start = host.StartAsync();
        await host.Clock.PassAsync(StartupTimeout);
        var failure = await start.FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.InstanceOf<SidecarStartException>());
            Assert.That(failure?.Message, Does.Contain($"'{Name}'").And.Contain("00:00:20").And.Contain(nameof(SidecarContext.SignalReady)));
            Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped), "what had begun was stopped");
            Assert.That(script.Disposed, Is.EqualTo(1));
        }
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task SignalReady_NotInTimeByAnOptionalSidecar_DegradesItUntilItComes()
    {
        var signal = new SyncPoint();
        var script = new Script<First>
        {
            Run = async (context, ct) =>
            {
                await signal.PassAsync(ct);
                context.SignalReady();
                await Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, Name, static options =>
        {
            WaitForSignal(options);
            options.Critical = false;
        }));

        await host.StartAsync();
        await host.Clock.PassAsync(StartupTimeout);
        await host.StateAsync(Name, SidecarState.Degraded);
        Assert.That(host.Snapshot(Name).IsReady, Is.True, "Degraded counts as ready for an optional sidecar");
        Assert.That(host.Logs.Named("NotReadyInTime"), Has.Count.EqualTo(1));

        signal.Release();
        await host.StateAsync(Name, SidecarState.Ready);
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task SignalReady_Twice_CountsOnce()
    {
        var script = new Script<First>
        {
            Run = static async (context, ct) =>
            {
                await Task.Yield();
                context.SignalReady();
                context.SignalReady();
                await Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, Name, WaitForSignal));
        await host.StartAsync();

        await host.StopAsync();

        Assert.That(
            host.Logs.Named("StateChanged").Select(static entry => entry.Message),
            Has.Exactly(1).Contains("from Starting to Ready").And.Exactly(1).Contains("to Ready"));
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task SignalReady_AfterItsIncarnationFailed_DoesNothing()
    {
        SidecarContext? first = null;
        var script = new Script<First>
        {
            Run = async (context, ct) =>
            {
                first ??= context;
                context.SignalReady();
                await Task.Yield();
                throw new InvalidOperationException("failed after it was ready");
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, Name, WaitForSignal));
        await host.StartAsync();
        await host.LoggedAsync("RestartPlanned");

        first!.SignalReady();
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Restarting));

        await host.StopAsync();
        first.SignalReady();
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task SignalReady_AfterAFailedIncarnationWithoutASignal_DoesNotMakeTheNextOneReady()
    {
        SidecarContext? first = null;
        var script = new Script<First>
        {
            Run = async (context, ct) =>
            {
                first ??= context;
                await Task.Yield();
                if (context.Incarnation == 1)
                {
                    throw new InvalidOperationException("failed before it was ready");
                }

                await Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, Name, static options =>
        {
            WaitForSignal(options);
            options.Critical = false;
        }));
        await host.StartAsync();
        await host.Clock.PassFirstRestartDelayAsync();
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Incarnation == 2);

        first!.SignalReady();

        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Restarting));
    }

    private static void WaitForSignal(SidecarOptions options)
    {
        options.WaitForSignal = true;
        options.StartupTimeout = StartupTimeout;
    }
}
