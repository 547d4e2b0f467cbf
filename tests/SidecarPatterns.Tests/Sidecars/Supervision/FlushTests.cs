using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Flushes of a queue that makes room, with and without a measure of its messages.</summary>
[TestFixture(false)]
[TestFixture(true)]
[CancelAfter(170_000)]
internal sealed class FlushTests(bool isSized)
{
    private const string Name = "sidecar";

    [Test]
    public async Task Flush_AllThatItWaitsForIsEvicted_IsOver()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = await StartAsync(account, held);
        account.TryWrite(host.Writer<int>(), 0);
        await held.ReachedAsync();
        account.TryWrite(host.Writer<int>(), 1);
        var flush = host.Control.FlushAsync(Name);
        host.Control.Pause(Name);
        held.Release();
        await account.BalancesAsync(host.Control, Name, queued: 1);
        Assert.That(flush.IsCompleted, Is.False);

        account.TryWrite(host.Writer<int>(), 2);
        account.TryWrite(host.Writer<int>(), 3);

        await flush.InTime();
        account.AssertBalances(host.Control, Name, queued: 2);
    }

    [Test]
    public async Task Flush_WhatFollowsIsEvicted_WaitsForTheMessageInFlight()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = await StartAsync(account, held);
        account.TryWrite(host.Writer<int>(), 0);
        await held.ReachedAsync();

        var flush = host.Control.FlushAsync(Name);
        for (var message = 1; message <= 5; message++)
        {
            account.TryWrite(host.Writer<int>(), message); // The last places are beyond the flush, though nothing was taken.
        }

        var second = host.Control.FlushAsync(Name); // Looks at both.
        Assert.That(flush.IsCompleted || second.IsCompleted, Is.False);

        held.Release();
        await flush.InTime();
        await second.InTime();
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Flush_MessagesThatCameLaterAreInFlight_IsOverAllTheSame()
    {
        var account = new Account();
        var (first, second) = (new SyncPoint(), new SyncPoint());
        await using var host = await StartAsync(account, message => message == 0 ? first : second);
        account.TryWrite(host.Writer<int>(), 0);
        await first.ReachedAsync();
        var flush = host.Control.FlushAsync(Name);
        account.TryWrite(host.Writer<int>(), 1);

        first.Release();
        await second.ReachedAsync();
        _ = host.Control.FlushAsync(Name); // Looks at both.

        await flush.InTime();
        second.Release();
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Flush_AMessageWaitsForTheNextIncarnation_IsWaitedFor([Values(1, 3)] int concurrency)
    {
        var account = new Account();
        var made = 0;
        var script = new Script<First>
        {
            Create = () =>
            {
                if (++made == 2)
                {
                    throw new IOException("not now");
                }
            },
            Handle = (_, context, _) =>
            {
                if (context.Attempt == 1)
                {
                    throw new IOException("once");
                }

                account.CountHandled();
                return default;
            },
        };
        await using var host = TestHost.Build(services =>
        {
            var builder = services.AddHandler(script, Name, options =>
            {
                options.Concurrency = concurrency;
                options.MaxAttempts = 2;
                options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromDays(1);
            });
            _ = isSized ? builder.SizeOf(static _ => sizeof(int)) : builder;
        });
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await account.BalancesAsync(host.Control, Name, inFlight: 1);
        var restart = host.Control.RestartAsync(Name);
        await host.StateAsync(Name, SidecarState.Restarting);

        var flush = host.Control.FlushAsync(Name);
        Assert.That(flush.IsCompleted, Is.False);
        await host.Clock.PassFirstRestartDelayAsync();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromDays(1), () => flush.IsCompleted);

        await restart.FailureAsync();
        await account.BalancesAsync(host.Control, Name);
    }

    [TestCase("one lane")]
    [TestCase("several lanes")]
    [TestCase("keys")]
    [TestCase("batches")]
    public async Task Flush_AFanOutTakesBackThePlaceThatItWaitsFor_IsOver(string dispatch)
    {
        await using var host = TestHost.Build(services =>
        {
            var builder = dispatch == "batches"
                ? services.AddBatchSidecar<Batches, int>(Name)
                : services.AddSidecar<int>(
                    Name, static (_, _, _) => ValueTask.CompletedTask, options => options.Concurrency = dispatch == "one lane" ? 1 : 3);
            builder = isSized ? builder.SizeOf(static _ => sizeof(int)) : builder;
            _ = dispatch == "keys" ? builder.PartitionBy(static message => message) : builder;
        });
        await host.StartAsync();
        var queue = ((QueueWriter<int>)host.Writer<int>()).Queue;

        Assert.That(queue.TryReserve(sizeof(int), out var place), Is.EqualTo(OfferResult.Accepted));

        // By a thread of its own: a dispatcher that is at the place already keeps out who flushes until it is decided.
        var takesBack = new Thread(() =>
        {
            SpinWait.SpinUntil(() => queue.Flushes!.IsObserved, Eventually.Limit);
            place.Void();
        });
        takesBack.Start();

        await host.Control.FlushAsync(Name).InTime();
        takesBack.Join();
    }

    private Task<TestHost> StartAsync(Account account, SyncPoint held) => StartAsync(account, _ => held);

    private async Task<TestHost> StartAsync(Account account, Func<int, SyncPoint> held)
    {
        var host = TestHost.Build(services =>
        {
            var builder = services.AddSidecar(Name, account.Counting<int>(async (message, _, ct) => await held(message).PassAsync(ct)), static options =>
            {
                options.Capacity = 2;
                options.FullMode = BoundedChannelFullMode.DropOldest;
            }).OnDropped(account.CountDropped);
            _ = isSized ? builder.SizeOf(static _ => sizeof(int)) : builder;
        });
        await host.StartAsync();
        return host;
    }

    private sealed class Batches : IBatchSidecar<int>
    {
        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct) => ValueTask.CompletedTask;
    }
}
