using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Sidecars that do not end by themselves when the host stops.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HangTests
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [Test]
    public async Task Hang_HandlerEndsInOrderWhenCancelled_CountsAsHandledAndNothingNewIsBegun()
    {
        var account = new Account();
        var begun = 0;
        await using var host = TestHost.Build(services => services.AddSidecar("sidecar", account.Counting<int>(async (_, _, ct) =>
        {
            Interlocked.Increment(ref begun);
            await Script.UntilCancelledAsync(ct);
        })));
        await host.StartAsync();
        Publish(account, host, 1, 2, 3);
        await Eventually.HoldsAsync(() => begun == 1);

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await stop;

        account.CountAbandoned(2);
        account.AssertBalances(host.Control, "sidecar");
        Assert.That(begun, Is.EqualTo(1));
    }

    [Test]
    public async Task Hang_HandlerThrowsSomethingOfItsOwnWhenCancelled_IsDeadLettered()
    {
        var account = new Account();
        var point = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar("sidecar", account.Counting<int>(async (_, _, ct) =>
        {
            point.Release();
            await point.PassAsync(ct);
            await Script.UntilCancelledAsync(ct);
            throw new InvalidDataException("broken");
        })));
        await host.StartAsync();
        Publish(account, host, 1);
        await point.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await stop;

        account.AssertBalances(host.Control, "sidecar");
        Assert.That(host.Control.GetDeadLetters("sidecar").Single().Reason, Is.EqualTo(DeadLetterReason.HandlerFailed));
    }

    [Test]
    public async Task Hang_CallbackOnTheHandlersTokenBlocks_StopGoesOn()
    {
        var account = new Account();
        var handling = new SyncPoint();
        var cancelling = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar<int>("sidecar", async (_, _, ct) =>
        {
            await using var registration = ct.UnsafeRegister(_ => cancelling.Pass(), null);
            await handling.PassAsync(CancellationToken.None);
            account.CountLate();
        }));
        await host.StartAsync();
        Publish(account, host, 1);
        await handling.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await cancelling.ReachedAsync();
        await host.Clock.PassAsync(Grace);
        await stop;

        account.CountAbandoned(1);
        account.AssertBalances(host.Control, "sidecar");
        cancelling.Release();
        handling.Release();
        await account.BalancesAsync(host.Control, "sidecar");
    }

    [Test]
    public async Task Hang_CallbackOnTheHandlersTokenThrows_StopGoesOn()
    {
        var account = new Account();
        var point = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar<int>("sidecar", async (_, _, ct) =>
        {
            await using var registration = ct.UnsafeRegister(static _ => throw new InvalidDataException("broken"), null);
            await point.PassAsync(ct);
        }));
        await host.StartAsync();
        Publish(account, host, 1);
        await point.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await stop;

        account.CountAbandoned(1);
        account.AssertBalances(host.Control, "sidecar");
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Hang_RunSidecarIgnoresItsToken_IsAbandonedByNameAndDisposedOfWhenItReturns(bool blocksItsThread)
    {
        var point = new SyncPoint();
        var script = new Script<First>
        {
            Run = async (_, _) =>
            {
                await Task.Yield();
                if (blocksItsThread)
                {
                    point.Pass();
                }

                await point.PassAsync(CancellationToken.None);
            },
        };
        await using var host = TestHost.Build(services => services
            .AddRun(new Script<Second>(), "before").Services
            .AddRun(script, "sidecar"));
        await host.StartAsync();
        await point.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await host.Clock.PassAsync(Grace);
        await stop;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain("'sidecar'"));
            Assert.That(host.Control.GetSnapshots().Select(static snapshot => snapshot.State), Is.All.EqualTo(SidecarState.Stopped));
            Assert.That(script.Disposed, Is.Zero, "disposed of under code that still runs");
        }

        point.Release();
        await Eventually.HoldsAsync(() => script.Disposed == 1);
    }

    [Test]
    public async Task Hang_RunSidecarBlocksBeforeItsFirstAwait_StartFailsInTimeAndStopIsNotHeld()
    {
        var point = new SyncPoint();
        var script = new Script<First>
        {
            Run = (_, _) =>
            {
                point.Pass();
                return Task.CompletedTask;
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "sidecar"));

        var start = host.StartAsync();
        await point.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(30));
        await host.Clock.PassAsync(DrainTimeout);
        await host.Clock.PassAsync(Grace);

        Assert.That(await start.FailureAsync(), Is.TypeOf<SidecarStartException>());
        point.Release();
        await Eventually.HoldsAsync(() => script.Disposed == 1);
    }

    [Test]
    public async Task Hang_ConstructorBlocks_StartFailsInTimeAndNothingOfTheInstanceRunsAfterwards()
    {
        var point = new SyncPoint();
        var prepared = false;
        var script = new Script<First> { Create = point.Pass };
        script.Start = (_, _) =>
        {
            prepared = true;
            return Task.CompletedTask;
        };
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddStartupHandler(script, "sidecar"));
        Publish(account, host, 1, 2);

        var start = host.StartAsync();
        await point.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(30));
        await host.Clock.PassAsync(DrainTimeout);
        await host.Clock.PassAsync(Grace);

        Assert.That(await start.FailureAsync(), Is.TypeOf<SidecarStartException>());
        Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain("'sidecar'"));
        account.CountAbandoned(2);
        account.AssertBalances(host.Control, "sidecar");
        point.Release();
        await Eventually.HoldsAsync(() => script.Disposed == 1);
        Assert.That(prepared, Is.False);
    }

    private static void Publish(Account account, TestHost host, params int[] messages)
    {
        foreach (var message in messages)
        {
            Assert.That(account.Publish(host.Writer<int>(), message).IsAccepted);
        }
    }
}
