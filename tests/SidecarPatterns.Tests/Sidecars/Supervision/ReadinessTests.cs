using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class ReadinessTests
{
    private static readonly TimeSpan StartupTimeout = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Ready_MessageSidecar_OnceItsLoopRuns()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services =>
            services.AddSidecar("sidecar", account.Counting<int>(async (_, _, _) => await held.PassAsync(CancellationToken.None))));
        account.Publish(host.Writer<int>(), 1);

        await host.StartAsync(); // The handler of the buffered message never returns, and yet the loop runs.
        await held.ReachedAsync();
        Assert.That(host.Snapshot("sidecar").State, Is.EqualTo(SidecarState.Ready));
        account.AssertBalances(host.Control, "sidecar", inFlight: 1);

        held.Release();
        await host.StopAsync();
        account.AssertBalances(host.Control, "sidecar");
    }

    [Test]
    public async Task Ready_HandlerBlocksItsThreadOnABufferedMessage_StartIsNotHeld()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar("sidecar", account.Counting<int>(_ => held.Pass())));
        account.Publish(host.Writer<int>(), 1);

        await host.StartAsync();
        await held.ReachedAsync();
        account.AssertBalances(host.Control, "sidecar", inFlight: 1);

        held.Release();
        await host.StopAsync();
        account.AssertBalances(host.Control, "sidecar");
    }

    [Test]
    public async Task Ready_StartupHook_OnceThatHasCompletedAndNoMessageBefore()
    {
        var account = new Account();
        var point = new SyncPoint();
        var journal = new Journal();
        var script = new Script<First>
        {
            Start = async (_, ct) =>
            {
                await point.PassAsync(ct);
                journal.Add("prepared");
            },
            Handle = account.Counting<int>(_ => journal.Add("handled")),
        };
        await using var host = TestHost.Build(services => services.AddStartupHandler(script, "sidecar"));
        account.Publish(host.Writer<int>(), 1);

        var start = host.StartAsync();
        await point.ReachedAsync();
        Assert.That(start.IsCompleted, Is.False);
        account.AssertBalances(host.Control, "sidecar", queued: 1);

        point.Release();
        await start;
        await host.StopAsync();
        Assert.That(journal.Lines, Is.EqualTo(["prepared", "handled"]));
        account.AssertBalances(host.Control, "sidecar");
    }

    [Test]
    public async Task Ready_MessageSidecarWaitsForSignal_MayGiveItFromItsStartupHook()
    {
        var script = new Script<First> { Start = static (context, _) => Signal(context) };
        await using var host = TestHost.Build(services =>
            services.AddStartupHandler(script, "sidecar", static options => options.WaitForSignal = true));

        await host.StartAsync();

        Assert.That(host.Snapshot("sidecar").State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    public async Task Ready_MessageSidecarWaitsForSignal_NotBeforeItsHandlerGivesIt([Values(1, 3)] int concurrency)
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "sidecar",
            account.Counting<int>((message, context, _) =>
            {
                if (message == 1)
                {
                    context.SignalReady();
                }

                return default;
            }),
            options => (options.WaitForSignal, options.Critical, options.Concurrency) = (true, false, concurrency)));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await account.BalancesAsync(host.Control, "sidecar");
        Assert.That(host.Snapshot("sidecar").State, Is.EqualTo(SidecarState.Starting));

        account.TryWrite(host.Writer<int>(), 1);

        await host.StateAsync("sidecar", SidecarState.Ready);
    }

    [Test]
    public async Task SignalReady_AfterItsIncarnationHasFailed_DoesNothing()
    {
        SidecarContext? ended = null;
        var held = new SyncPoint();
        var script = new Script<First>
        {
            Run = async (context, ct) =>
            {
                if (context.Incarnation == 1)
                {
                    ended = context;
                    throw new InvalidDataException("broken");
                }

                await held.PassAsync(ct);
                context.SignalReady();
                await Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "sidecar", static options => options.WaitForSignal = true));
        var start = host.StartAsync();
        var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));

        ended!.SignalReady();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("sidecar").State, Is.EqualTo(SidecarState.Restarting));
            Assert.That(host.Snapshot("sidecar").IsReady, Is.False);
        }

        await host.Clock.AdvanceAsync(delay);
        await held.ReachedAsync();
        Assert.That(start.IsCompleted, Is.False, "the start waits for the second incarnation");
        held.Release();
        await start;
        ended.SignalReady();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("sidecar").State, Is.EqualTo(SidecarState.Ready));
            Assert.That(host.Snapshot("sidecar").Incarnation, Is.EqualTo(2));
        }
    }

    [Test]
    public async Task StartupTimeout_CriticalStartupHookObeysItsToken_FailsTheStartNamingSidecarAndOption()
    {
        var token = CancellationToken.None;
        var script = new Script<First>
        {
            Start = async (_, ct) =>
            {
                token = ct;
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            },
        };
        await using var host = TestHost.Build(services =>
            services.AddStartupRun(script, "sidecar", static options => options.StartupTimeout = TimeSpan.FromSeconds(5)));

        var start = host.StartAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));

        var failure = await start.FailureAsync() as SidecarStartException;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(token.IsCancellationRequested);
            Assert.That(failure?.SidecarName, Is.EqualTo("sidecar"));
            Assert.That(failure?.Message, Is.EqualTo("Sidecar 'sidecar' was not ready within StartupTimeout (00:00:05)."), "it need not give a signal");
            Assert.That(script.Disposed, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task StartupTimeout_CriticalStartupHookIgnoresItsToken_FailsTheStartAndIsAbandonedByName()
    {
        var held = new SyncPoint();
        var script = new Script<First> { Start = (_, _) => held.PassAsync(CancellationToken.None) };
        await using var host = TestHost.Build(services => services.AddStartupRun(script, "sidecar"));

        var start = host.StartAsync();
        await held.ReachedAsync();
        await host.Clock.PassAsync(StartupTimeout);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10)); // The time to drain,
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));  // and the moment after it.

        var failure = await start.FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<SidecarStartException>().With.Message.Contains("StartupTimeout"));
            Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain("'sidecar'"));
            Assert.That(script.Disposed, Is.Zero, "disposed of under code that still runs");
        }

        held.Release();
        await Eventually.HoldsAsync(() => script.Disposed == 1);
    }

    [Test]
    public async Task StartupTimeout_ReadyInTime_DoesNotFireLater()
    {
        await using var host = TestHost.Build(static services => services.AddRun(new Script<First>(), "sidecar", static options => options.Critical = false));
        await host.StartAsync();
        await host.StateAsync("sidecar", SidecarState.Ready);

        host.Clock.Advance(StartupTimeout * 2);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("sidecar").State, Is.EqualTo(SidecarState.Ready));
            Assert.That(host.Logs.Named("NotReadyInTime"), Is.Empty);
        }
    }

    private static Task Signal(SidecarContext context)
    {
        context.SignalReady();
        return Task.CompletedTask;
    }
}
