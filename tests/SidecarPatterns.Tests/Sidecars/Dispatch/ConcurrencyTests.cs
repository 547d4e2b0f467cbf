using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConcurrencyTests
{
    private const string Name = "sidecar";

    [Test]
    public async Task Concurrency_HandlersThatWait_RunSoManyAtATimeAndBeginInOrder([Values(2, 4, 16)] int concurrency)
    {
        var account = new Account();
        var begun = new ConcurrentQueue<int>();
        var points = Enumerable.Range(0, 3 * concurrency).Select(static _ => new SyncPoint()).ToArray();
        await using var host = Build(concurrency, account.Counting<int>(async (message, _, ct) =>
        {
            begun.Enqueue(message);
            await points[message].PassAsync(ct);
        }));
        await host.StartAsync();
        for (var message = 0; message < points.Length; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await Eventually.HoldsAsync(() => begun.Count == concurrency);
        await account.BalancesAsync(host.Control, Name, queued: 2 * concurrency, inFlight: concurrency);
        Assert.That(begun, Is.EquivalentTo(Enumerable.Range(0, concurrency)));

        points[1].Release(); // One goes on, so one more begins.
        await Eventually.HoldsAsync(() => begun.Count == concurrency + 1);
        Assert.That(begun.Last(), Is.EqualTo(concurrency));

        Array.ForEach(points, static point => point.Release());
        await host.StopAsync();
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Concurrency_HandlersThatBlockTheirThreads_StillRunAtTheSameTime()
    {
        var account = new Account();
        using var all = new Barrier(3);
        await using var host = Build(3, account.Counting<int>(_ =>
        {
            if (!all.SignalAndWait(Eventually.Limit))
            {
                throw new TimeoutException("They do not run at the same time.");
            }
        }));
        await host.StartAsync();
        for (var message = 0; message < 3; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name);
        Assert.That(account.Handled, Is.EqualTo(3));
    }

    [Test]
    public async Task Concurrency_ManyPublishersAndHandlers_EveryMessageIsHandledOnce(
        [Values(1, 2, 8)] int concurrency, [Values(1, 16, 1024)] int capacity, [Values] bool suspends)
    {
        const int Publishers = 4;
        const int Each = 2_000;
        var account = new Account();
        var seen = new int[Publishers * Each];
        await using var host = Build(
            concurrency,
            account.Counting<int>(async (message, _, _) =>
            {
                if (suspends && message % 3 == 0)
                {
                    await Task.Yield();
                }

                Interlocked.Increment(ref seen[message]);
            }),
            options => options.Capacity = capacity);
        await host.StartAsync();

        var writer = host.Writer<int>();
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                await account.WriteAsync(writer, (publisher * Each) + i);
            }
        }))).InTime();

        await host.StopAsync();
        account.AssertBalances(host.Control, Name);
        Assert.That(seen, Is.All.EqualTo(1));
    }

    [Test]
    public async Task Concurrency_OneMessageNowAndThen_IsHandledWithoutAnother()
    {
        var account = new Account();
        await using var host = Build(4, account.Counting<int>(static _ => { }));
        await host.StartAsync();
        for (var message = 0; message < 200; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
            await account.BalancesAsync(host.Control, Name);
        }
    }

    [Test]
    public async Task Stop_SeveralInFlight_DrainsThemAll()
    {
        var account = new Account();
        var points = Enumerable.Range(0, 6).Select(static _ => new SyncPoint()).ToArray();
        await using var host = Build(3, account.Counting<int>(async (message, _, ct) => await points[message].PassAsync(ct)));
        await host.StartAsync();
        for (var message = 0; message < points.Length; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await Task.WhenAll(points.Take(3).Select(static point => point.ReachedAsync()));
        var stop = host.StopAsync();
        await host.StateAsync(Name, SidecarState.Draining);
        Array.ForEach(points, static point => point.Release());
        await stop;

        Assert.That(account.Handled, Is.EqualTo(6));
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Stop_HandlersThatHang_AreAllAbandonedAndCountedLateOnceTheyEnd()
    {
        var account = new Account();
        var points = Enumerable.Range(0, 5).Select(static _ => new SyncPoint()).ToArray();
        await using var host = Build(3, async (message, _, _) =>
        {
            await points[message].PassAsync(CancellationToken.None);
            account.CountLate();
        });
        await host.StartAsync();
        for (var message = 0; message < points.Length; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await Task.WhenAll(points.Take(3).Select(static point => point.ReachedAsync()));
        var stop = host.StopAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await stop;
        account.CountAbandoned(5);
        account.AssertBalances(host.Control, Name);

        Array.ForEach(points, static point => point.Release());
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Late == 3);
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task HandlerTimeout_OneOfSeveralIgnoresIt_AFreshInstanceTakesOverAndTheOthersAreSettled()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = Build(
            2,
            async (message, _, _) =>
            {
                if (message == 0)
                {
                    await held.PassAsync(CancellationToken.None);
                    account.CountLate();
                    return;
                }

                account.CountHandled();
            },
            static options => options.HandlerTimeout = TimeSpan.FromSeconds(5));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await held.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        account.CountDeadLettered();
        await host.Clock.PassFirstRestartDelayAsync();
        for (var message = 1; message < 10; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name);
        held.Release();
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Late == 1);
        await host.StopAsync();
        account.AssertBalances(host.Control, Name);
    }

    private static TestHost Build(
        int concurrency, Func<int, SidecarContext, CancellationToken, ValueTask> handler, Action<SidecarOptions>? configure = null) =>
        TestHost.Build(services => services.AddSidecar<int>(Name, handler, options =>
        {
            options.Concurrency = concurrency;
            configure?.Invoke(options);
        }));
}
