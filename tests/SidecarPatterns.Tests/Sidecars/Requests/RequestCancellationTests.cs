using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Polly;
using Polly.Registry;

namespace SidecarPatterns.Tests;

/// <summary>Callers who leave before they have their reply: before, while and after their request is handled.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RequestCancellationTests
{
    private static readonly TimeSpan Long = TimeSpan.FromDays(20);

    [Test]
    public async Task Ask_CancelledBefore_AsksNothing()
    {
        await using var asking = await Asking.StartAsync(static (_, _, _) => new ValueTask<string>("reply"));
        using var caller = new CancellationTokenSource();
        await caller.CancelAsync();

        AssertCancelledBy(caller, await asking.Client.AskAsync(1, caller.Token).FailureAsync());
        asking.Account.AssertBalances(asking.Control, Asking.Name);
    }

    [Test]
    public async Task Ask_CancelledWhileWaitingForRoom_IsNeverAccepted()
    {
        var held = new SyncPoint();
        await using var asking = await StartAsync(held, static options => options.Capacity = 1);
        using var caller = new CancellationTokenSource();
        var first = asking.Ask(1);
        await held.ReachedAsync();
        var second = asking.Ask(2);
        var third = asking.Client.AskAsync(3, caller.Token);

        await caller.CancelAsync();

        AssertCancelledBy(caller, await third.FailureAsync());
        asking.Account.AssertBalances(asking.Control, Asking.Name, queued: 1, inFlight: 1);
        held.Release();
        await Task.WhenAll(first, second).InTime();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Ask_CancelledWhileQueued_IsToldAtOnceAndSkippedAsEvicted([Values(1, 2)] int concurrency, [Values] bool keyed)
    {
        var handled = new ConcurrentQueue<int>();
        var held = new SyncPoint();
        await using var asking = await Asking.StartAsync(
            async (request, _, ct) =>
            {
                handled.Enqueue(request);
                await held.PassAsync(ct);
                return $"{request}";
            },
            options => options.Concurrency = concurrency,
            builder => _ = keyed ? builder.PartitionBy(static _ => "one") : builder);
        using var caller = new CancellationTokenSource();
        var lanes = keyed ? 1 : concurrency;
        var first = Enumerable.Range(1, lanes).Select(request => asking.Ask(request)).ToArray();
        await asking.StandsAsync(queued: 0, inFlight: lanes);
        var left = asking.Ask(10, caller.Token);
        var last = asking.Ask(11);

        await caller.CancelAsync();

        AssertCancelledBy(caller, await left.FailureAsync());
        asking.Account.AssertBalances(asking.Control, Asking.Name, queued: 2, inFlight: lanes);

        held.Release();
        await Task.WhenAll([.. first, last]).InTime();
        asking.Account.CountEvicted();
        for (var i = 0; i <= lanes; i++)
        {
            asking.Account.CountHandled();
        }

        await asking.BalancesAsync();
        Assert.That(handled, Does.Not.Contain(10));
    }

    [Test]
    public async Task Ask_AllThatAreQueuedCancelled_AFlushCompletes()
    {
        var held = new SyncPoint();
        await using var asking = await StartAsync(held);
        using var caller = new CancellationTokenSource();
        var first = asking.Ask(1);
        await held.ReachedAsync();
        var left = Enumerable.Range(2, 5).Select(request => asking.Ask(request, caller.Token)).ToArray();
        var flush = asking.Control.FlushAsync(Asking.Name);

        await caller.CancelAsync();
        held.Release();

        await flush.InTime();
        await first.InTime();
        asking.Account.CountEvicted(left.Length);
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Ask_TheLastThatAFlushWaitsForIsCancelled_TheFlushDoesNotWaitForTheNext()
    {
        SyncPoint[] held = [new(), new(), new(), new()];
        await using var asking = await Asking.StartAsync(async (request, _, _) =>
        {
            await held[request].PassAsync(CancellationToken.None);
            return "done";
        });
        using var caller = new CancellationTokenSource();
        var first = asking.Ask(1);
        await held[1].ReachedAsync();
        var second = asking.Ask(2, caller.Token);
        var flush = asking.Control.FlushAsync(Asking.Name);
        var third = asking.Ask(3);

        await caller.CancelAsync();
        held[1].Release();
        await held[3].ReachedAsync();

        await flush.InTime();
        held[3].Release();
        await Task.WhenAll(first, third).InTime();
        Assert.That(await second.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        asking.Account.CountEvicted();
        asking.Account.CountHandled();
        asking.Account.CountHandled();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Ask_CancelledOnceBegun_IsToldAtOnceAndTheHandlersTokenIsCancelled([Values] bool retries)
    {
        var reached = new SyncPoint();
        await using var asking = await Asking.StartAsync(
            async (_, _, ct) =>
            {
                reached.Release();
                await reached.PassAsync(CancellationToken.None);
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                return "never";
            },
            options =>
            {
                options.MaxAttempts = retries ? 5 : 1;
                options.RetryDelay = options.MaxRetryDelay = Long;
            });
        using var caller = new CancellationTokenSource();
        var asked = asking.Ask(1, caller.Token);
        await reached.ReachedAsync();

        await caller.CancelAsync();

        AssertCancelledBy(caller, await asked.FailureAsync());
        asking.Account.CountDeadLettered(); // By how its handler ended; and no other attempt is made for nobody.
        await asking.BalancesAsync();
        Assert.That(asking.Control.GetDeadLetters(Asking.Name).Single().Attempts, Is.EqualTo(1));
    }

    [Test]
    public async Task Ask_CancelledOnceBegunAndTheHandlerIgnoresIt_IsToldAtOnceAndCountsAsHandledLater()
    {
        var held = new SyncPoint();
        await using var asking = await StartAsync(held);
        using var caller = new CancellationTokenSource();
        var asked = asking.Ask(1, caller.Token);
        await held.ReachedAsync();

        await caller.CancelAsync();

        AssertCancelledBy(caller, await asked.FailureAsync());
        asking.Account.AssertBalances(asking.Control, Asking.Name, inFlight: 1);
        held.Release();
        await Eventually.HoldsAsync(() => asking.Account.Handled == 1);
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Ask_HandlersRegistrationBlocksOrThrows_CallerIsToldAllTheSame([Values] bool blocks)
    {
        var registered = new SyncPoint();
        var held = new SyncPoint();
        await using var asking = await Asking.StartAsync(async (_, _, ct) =>
        {
            await using var registration = ct.Register(() =>
            {
                if (!blocks)
                {
                    throw new InvalidOperationException("of the handler");
                }

                held.Pass();
            });
            registered.Release();
            await registered.PassAsync(CancellationToken.None);
            await held.PassAsync(CancellationToken.None);
            return "late";
        });
        using var caller = new CancellationTokenSource();
        var asked = asking.Ask(1, caller.Token);
        await registered.ReachedAsync();

        await caller.CancelAsync().InTime();

        AssertCancelledBy(caller, await asked.FailureAsync());
        held.Release();
    }

    [Test]
    public async Task Ask_CancelledWhileItsRetryWaits_IsEvictedWhenItsTurnComes([Values] bool keyed)
    {
        await using var asking = await Asking.StartAsync(
            static (request, context, _) => request == 1 ? throw new IOException($"attempt {context.Attempt}") : new ValueTask<string>("reply"),
            options =>
            {
                options.MaxAttempts = 3;
                options.RetryDelay = options.MaxRetryDelay = Long;
                options.ReplyTimeout = TimeSpan.FromDays(49);
                options.Concurrency = keyed ? 2 : 1;
            },
            builder => _ = keyed ? builder.PartitionBy(static request => request) : builder);
        using var caller = new CancellationTokenSource();
        var asked = asking.Ask(1, caller.Token);
        var delay = await asking.Clock.ArmedAsync(TimeSpan.FromTicks(1), Long);

        await caller.CancelAsync();

        AssertCancelledBy(caller, await asked.FailureAsync());
        asking.Account.AssertBalances(asking.Control, Asking.Name, inFlight: 1);
        await asking.Clock.AdvanceAsync(delay);
        asking.Account.CountEvicted();
        await asking.BalancesAsync();

        Assert.That(await asking.Ask(2).InTime(), Is.EqualTo("reply"));
        asking.Account.CountHandled();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Ask_CancelledWhileItsRetryWaitsAndTheSidecarIsRestarted_IsEvicted()
    {
        await using var asking = await Asking.StartAsync(
            static (_, context, _) => throw new IOException($"attempt {context.Attempt}"),
            static options =>
            {
                options.MaxAttempts = 3;
                options.RetryDelay = options.MaxRetryDelay = Long;
                options.ReplyTimeout = TimeSpan.FromDays(49); // Not to be taken for the delay.
            });
        using var caller = new CancellationTokenSource();
        var asked = asking.Ask(1, caller.Token);
        await asking.Clock.ArmedAsync(TimeSpan.FromTicks(1), Long);
        await caller.CancelAsync();
        await asked.FailureAsync();

        await asking.Control.RestartAsync(Asking.Name).InTime();

        asking.Account.CountEvicted();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Ask_OneAfterTheOther_TheCallsHaveNoTokenOfEachOther([Values] bool suspends)
    {
        var tokens = new List<CancellationToken>();
        var late = 0;
        var held = new SyncPoint();
        await using var asking = await Asking.StartAsync(async (request, _, ct) =>
        {
            tokens.Add(ct);
            if (suspends)
            {
                await Task.Yield();
            }

            if (request == 1)
            {
                ct.Register(() => Interlocked.Increment(ref late)); // Left behind.
            }
            else if (request == 2)
            {
                await held.PassAsync(CancellationToken.None);
                ct.ThrowIfCancellationRequested();
            }

            return $"{request}";
        });
        await asking.Ask(1).InTime();
        asking.Account.CountHandled();
        using var caller = new CancellationTokenSource();
        var second = asking.Ask(2, caller.Token);
        await held.ReachedAsync();
        await caller.CancelAsync();
        AssertCancelledBy(caller, await second.FailureAsync());
        await Eventually.HoldsAsync(() => tokens[1].IsCancellationRequested);
        held.Release();
        asking.Account.CountDeadLettered();

        Assert.That(await asking.Ask(3).InTime(), Is.EqualTo("3"));
        asking.Account.CountHandled();
        await asking.BalancesAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(late, Is.Zero, "what the first call registered");
            Assert.That(tokens[2].IsCancellationRequested, Is.False);
        }
    }

    [Test]
    public async Task Ask_PipelineMakesTwoCallsAtATime_BothAreCancelledWithTheirCallerAndEitherMayReply([Values] bool replies)
    {
        var calls = new ConcurrentQueue<CancellationToken>();
        var held = new SyncPoint();
        using var registry = new ResiliencePipelineRegistry<string>();
        registry.TryAddBuilder("both", static (builder, _) => builder.AddStrategy(static _ => new Twice(), new Options()));
        await using var asking = await Asking.StartAsync(
            async (_, _, ct) =>
            {
                calls.Enqueue(ct);
                await held.PassAsync(ct);
                return "reply";
            },
            static options => options.Pipeline = "both",
            services: services => services.AddSingleton<ResiliencePipelineProvider<string>>(registry));
        using var caller = new CancellationTokenSource();
        var asked = asking.Ask(1, caller.Token);
        await Eventually.HoldsAsync(() => calls.Count == 2);

        if (replies)
        {
            held.Release();
            Assert.That(await asked.InTime(), Is.EqualTo("reply"));
            asking.Account.CountHandled();
        }
        else
        {
            await caller.CancelAsync();
            AssertCancelledBy(caller, await asked.FailureAsync());
            await Eventually.HoldsAsync(() => calls.All(static ct => ct.IsCancellationRequested));
            asking.Account.CountDeadLettered();
        }

        await asking.BalancesAsync();
    }

    [Test]
    public async Task Ask_CancelledAfterItsReply_ChangesNothing()
    {
        await using var asking = await Asking.StartAsync(static (_, _, _) => new ValueTask<string>("reply"));
        using var caller = new CancellationTokenSource();
        var asked = asking.Ask(1, caller.Token);
        await asked.InTime();

        await caller.CancelAsync();

        Assert.That(await asked, Is.EqualTo("reply"));
        asking.Account.CountHandled();
        asking.Account.AssertBalances(asking.Control, Asking.Name);
    }

    [Test]
    public async Task Ask_CancelledAtAnyMoment_HasAReplyOrItsOwnTokenAndTheAccountBalances()
    {
        const int Requests = 2_000;
        await using var asking = await Asking.StartAsync(
            static async (request, _, ct) =>
            {
                await Task.Yield();
                ct.ThrowIfCancellationRequested();
                return $"{request}";
            },
            static options =>
            {
                options.Capacity = 16;
                options.Concurrency = 2;
            },
            onSystemClock: true);

        var replies = await Task.WhenAll(Enumerable.Range(0, Requests).Select(request => Task.Run(() => AskAndLeaveAsync(request)))).InTime();

        await Eventually.HoldsAsync(() => asking.Host.Snapshot(Asking.Name) is { Queued: 0, InFlight: 0 });
        var snapshot = asking.Host.Snapshot(Asking.Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.Accepted, Is.EqualTo(snapshot.Handled + snapshot.DeadLettered + snapshot.Evicted));
            Assert.That(snapshot.Handled, Is.GreaterThanOrEqualTo(replies.Count(static hasReply => hasReply)));
        }

        async Task<bool> AskAndLeaveAsync(int request)
        {
            using var caller = new CancellationTokenSource();
            var asked = asking.Client.AskAsync(request, caller.Token);
            for (var i = 0; i < request % 7; i++)
            {
                await Task.Yield();
            }

            await caller.CancelAsync();
            try
            {
                return await asked == $"{request}" ? true : throw new InvalidOperationException("another's reply");
            }
            catch (OperationCanceledException exception) when (exception.CancellationToken == caller.Token)
            {
                return false;
            }
        }
    }

    /// <summary>Makes each call twice at the same time, and goes on when both have ended.</summary>
    private sealed class Twice : ResilienceStrategy
    {
        protected override async ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
        {
            var first = callback(context, state);
            var second = await callback(context, state);
            _ = await first;
            return second;
        }
    }

    private sealed class Options : ResilienceStrategyOptions;

    private static void AssertCancelledBy(CancellationTokenSource caller, Exception? failure) =>
        Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));

    /// <summary>A handler that ignores its token and goes on when the test lets it.</summary>
    private static async Task<Asking> StartAsync(SyncPoint held, Action<SidecarOptions>? configure = null)
    {
        Asking asking = null!;
        return asking = await Asking.StartAsync(
            async (request, _, _) =>
            {
                await held.PassAsync(CancellationToken.None);
                asking.Account.CountHandled();
                return $"{request}";
            },
            configure);
    }
}
