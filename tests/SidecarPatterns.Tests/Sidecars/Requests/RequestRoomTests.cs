using System.Collections.Concurrent;
using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>Asking while the queue is full, from outside and from the sidecar's own handler.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RequestRoomTests
{
    [Test]
    public async Task AskAsync_QueueFull_WaitsForRoom()
    {
        var held = new SyncPoint();
        await using var asking = await StartHeldAsync(held);
        var first = asking.Ask(1);
        await held.ReachedAsync();
        var second = asking.Ask(2);
        var third = asking.Ask(3);
        await asking.StandsAsync(queued: 1, inFlight: 1);
        Assert.That(third.IsCompleted, Is.False);

        held.Release();

        Assert.That(await Task.WhenAll(first, second, third).InTime(), Is.EqualTo(["1", "2", "3"]));
        asking.Account.CountHandled();
        asking.Account.CountHandled();
        asking.Account.CountHandled();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task TryAsk_QueueFull_IsToldAtOnce()
    {
        var held = new SyncPoint();
        await using var asking = await StartHeldAsync(held);
        Assert.That(asking.Account.Count(asking.Client.TryAsk(1, out var first)));
        await held.ReachedAsync();
        Assert.That(asking.Account.Count(asking.Client.TryAsk(2, out var second)));

        Assert.That(asking.Account.Count(asking.Client.TryAsk(3, out var third)), Is.False);

        Assert.That(third, Is.Null);
        asking.Account.AssertBalances(asking.Control, Asking.Name, queued: 1, inFlight: 1);
        held.Release();
        Assert.That(await Task.WhenAll(first!, second!).InTime(), Is.EqualTo(["1", "2"]));
    }

    [Test]
    public async Task TryAsk_TokenCancelledBefore_IsCancelledAndAsksNothing()
    {
        await using var asking = await Asking.StartAsync(static (_, _, _) => new ValueTask<string>("reply"));

        Assert.That(asking.Client.TryAsk(1, out var reply, new CancellationToken(canceled: true)));

        Assert.That(reply!.IsCanceled);
        asking.Account.AssertBalances(asking.Control, Asking.Name);
    }

    [Test]
    public async Task TryAsk_Accepted_WaitIsEndedByTheCallersTokenOrTheClock([Values] bool cancels)
    {
        var cancelled = new SyncPoint();
        await using var asking = await Asking.StartAsync(async (_, _, ct) =>
        {
            await using var registration = ct.Register(cancelled.Release);
            await cancelled.PassAsync(CancellationToken.None);
            return "late";
        });
        using var caller = new CancellationTokenSource();
        Assert.That(asking.Account.Count(asking.Client.TryAsk(1, out var reply, caller.Token)));
        await cancelled.ReachedAsync();
        Assert.That(reply!.IsCompleted, Is.False);

        if (cancels)
        {
            await caller.CancelAsync();
            Assert.That(await reply.FailureAsync(), Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
        }
        else
        {
            await asking.Clock.PassAsync(TimeSpan.FromSeconds(30));
            Assert.That(await reply.FailureAsync(), Is.TypeOf<TimeoutException>());
        }

        asking.Account.CountHandled(); // Its handler was told, and ended in order.
        await asking.BalancesAsync();
    }

    [TestCase(BoundedChannelFullMode.DropOldest, 2)]
    [TestCase(BoundedChannelFullMode.DropNewest, 2)]
    public async Task Ask_EvictedForALaterOne_IsToldThatTheSidecarIsBusy(BoundedChannelFullMode mode, int evicted)
    {
        var held = new SyncPoint();
        var dropped = new ConcurrentQueue<int>();
        Asking asking = null!;
        await using (asking = await StartHeldAsync(
            held,
            options => options.FullMode = mode,
            builder => builder.OnDropped(arguments =>
            {
                dropped.Enqueue(arguments.Message);
                asking.Account.CountDropped(arguments);
            })))
        {
            var asked = new[] { asking.Ask(1), Task.FromResult(""), Task.FromResult("") };
            await held.ReachedAsync();
            asked[1] = asking.Ask(2);
            asked[2] = asking.Ask(3);

            var failure = await asked[evicted - 1].FailureAsync();
            held.Release();

            using (Assert.EnterMultipleScope())
            {
                Assert.That(failure, Is.TypeOf<SidecarBusyException>().With.Property("SidecarName").EqualTo(Asking.Name));
                Assert.That(dropped, Is.EqualTo([evicted]));
                Assert.That(await asked[0].InTime(), Is.EqualTo("1"));
                Assert.That(await asked[2].InTime(), Is.EqualTo("3"));
            }

            asking.Account.CountHandled();
            asking.Account.CountHandled();
            await asking.BalancesAsync();
        }
    }

    [Test]
    public async Task Ask_FullQueueDropsWrites_IsToldAtOnceByBothVerbs()
    {
        var held = new SyncPoint();
        Asking asking = null!;
        await using (asking = await StartHeldAsync(
            held,
            static options => options.FullMode = BoundedChannelFullMode.DropWrite,
            builder => builder.OnDropped(arguments =>
            {
                asking.Account.CountDropped(arguments);
                asking.Account.Count(accepted: false);
                throw new InvalidOperationException("of the callback");
            })))
        {
            _ = asking.Ask(1);
            await held.ReachedAsync();
            _ = asking.Ask(2);

            Assert.That(
                await asking.Client.AskAsync(3).FailureAsync(),
                Is.TypeOf<SidecarBusyException>().With.Message.EqualTo(
                    "The queue of sidecar 'clerk' is full, and the request was dropped as its FullMode says."));
            Assert.That(asking.Client.TryAsk(4, out _), Is.False);

            asking.Account.AssertBalances(asking.Control, Asking.Name, queued: 1, inFlight: 1);
            held.Release();
        }
    }

    [Test]
    public async Task Ask_FromTheOwnHandlerWhileTheQueueIsFull_IsToldAtOnce([Values] bool scopes)
    {
        Asking asking = null!;
        var told = new ConcurrentQueue<object?>();
        var held = new SyncPoint();
        await using (asking = await Asking.StartAsync(
            async (request, context, ct) =>
            {
                if (request == 1)
                {
                    await held.PassAsync(ct);
                    told.Enqueue(await asking.Client.AskAsync(3, ct).FailureAsync());
                    told.Enqueue(asking.Client.TryAsk(4, out _, ct));
                    asking.Account.Count(accepted: false);
                    asking.Account.Count(accepted: false);
                }

                asking.Account.CountHandled();
                return $"{request}";
            },
            options =>
            {
                options.Capacity = 1;
                options.ScopePerMessage = scopes;
            }))
        {
            var first = asking.Ask(1);
            await held.ReachedAsync();
            var second = asking.Ask(2);
            held.Release();

            Assert.That(await Task.WhenAll(first, second).InTime(), Is.EqualTo(["1", "2"]));
            Assert.That(told, Is.EqualTo(new object?[] { told.First(), false }));
            Assert.That(told.First(), Is.TypeOf<InvalidOperationException>().With.Message.Contains("'clerk'"));
            await asking.BalancesAsync();
        }
    }

    [Test]
    public async Task Ask_FromTheOwnHandlerWithAFreeLane_IsAnswered()
    {
        Asking asking = null!;
        await using (asking = await Asking.StartAsync(
            async (request, _, ct) => request == 0 ? "0" : $"{request} {await asking.Client.AskAsync(request - 1, ct)}",
            static options => options.Concurrency = 3))
        {
            Assert.That(await asking.Ask(2).InTime(), Is.EqualTo("2 1 0"));
        }
    }

    [Test]
    public async Task Ask_FromTheOwnHandlerWithNoOtherLane_EndsInATimeout()
    {
        Asking asking = null!;
        await using (asking = await Asking.StartAsync(async (request, _, ct) => $"{await asking.Client.AskAsync(request + 1, ct)}"))
        {
            var asked = asking.Ask(1);
            await asking.StandsAsync(queued: 1, inFlight: 1);
            await asking.Clock.PassAsync(TimeSpan.FromSeconds(30));

            Assert.That(await asked.FailureAsync(), Is.TypeOf<TimeoutException>());
        }
    }

    private static Task<Asking> StartHeldAsync(
        SyncPoint held, Action<SidecarOptions>? configure = null, Action<ISidecarBuilder<int>>? chain = null) =>
        Asking.StartAsync(
            async (request, _, ct) =>
            {
                await held.PassAsync(ct);
                return $"{request}";
            },
            options =>
            {
                options.Capacity = 1;
                configure?.Invoke(options);
            },
            chain);
}
