using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Which threads a sidecar runs on.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class IsolationTests
{
    private const string Name = "isolated";

    [Test]
    public async Task DedicatedThread_Handlers_BeginOnTheThreadOfTheirLane([Values(1, 3)] int concurrency)
    {
        var account = new Account();
        var threads = new ConcurrentDictionary<Thread, int>();
        await using var host = TestHost.Build(services => services.AddSidecar<int>(
            Name,
            account.Counting<int>(async (message, _, _) =>
            {
                threads.AddOrUpdate(Thread.CurrentThread, 1, static (_, count) => count + 1);
                if (message % 3 == 0)
                {
                    await Task.Yield(); // What follows runs on the pool; the next message does not.
                    Assert.That(Thread.CurrentThread.IsThreadPoolThread, Is.True);
                }
            }),
            options =>
            {
                options.Isolation = SidecarIsolation.DedicatedThread;
                options.Priority = SidecarPriority.Low;
                options.Concurrency = concurrency;
            }));
        await host.StartAsync();
        for (var message = 0; message < 1000; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(threads, Has.Count.LessThanOrEqualTo(concurrency));
            Assert.That(threads.Keys.Select(static thread => (thread.IsThreadPoolThread, thread.IsBackground, thread.Name)), Is.All.EqualTo((false, true, "Sidecar isolated")));
            Assert.That(threads.Values.Sum(), Is.EqualTo(1000));
        }

        await host.StopAsync();
        await Eventually.HoldsAsync(() => threads.Keys.All(static thread => !thread.IsAlive));
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task NoIsolation_Handler_RunsOnThePool()
    {
        var account = new Account();
        var threads = new ConcurrentQueue<Thread>();
        await using var host = TestHost.Build(services => services.AddSidecar<int>(Name, account.Counting<int>((_, _, _) =>
        {
            threads.Enqueue(Thread.CurrentThread);
            return default;
        })));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);

        await account.BalancesAsync(host.Control, Name);
        Assert.That(threads.Single().IsThreadPoolThread, Is.True);
    }

    [Test]
    public async Task DedicatedThread_RetryAfterAWait_BeginsThereToo()
    {
        var account = new Account();
        var threads = new ConcurrentQueue<Thread>();
        await using var host = TestHost.Build(services => services.AddSidecar<int>(
            Name,
            (_, context, _) =>
            {
                threads.Enqueue(Thread.CurrentThread);
                if (context.Attempt < 3)
                {
                    throw new InvalidOperationException("Not yet.");
                }

                account.CountHandled();
                return default;
            },
            static options =>
            {
                options.Isolation = SidecarIsolation.DedicatedThread;
                options.MaxAttempts = 3;
                options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromDays(1);
            }));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);

        await host.Clock.AdvanceUntilAsync(TimeSpan.FromDays(1), () => account.Handled == 1); // By another thread.
        await account.BalancesAsync(host.Control, Name);
        Assert.That(threads.Distinct().ToList(), Has.Count.EqualTo(1));
        Assert.That(threads.First().IsThreadPoolThread, Is.False);
    }

    [Test]
    public async Task DedicatedThread_ALaneOfSeveralWasGivenUpOn_ItsThreadEndsAfterItsCall()
    {
        var account = new Account();
        var held = new SyncPoint();
        var thread = new TaskCompletionSource<Thread>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = TestHost.Build(services => services.AddSidecar<int>(
            Name,
            (_, _, _) =>
            {
                thread.SetResult(Thread.CurrentThread);
                held.Pass();
                return default;
            },
            static options =>
            {
                options.Isolation = SidecarIsolation.DedicatedThread;
                options.Concurrency = 2;
                options.HandlerTimeout = TimeSpan.FromSeconds(5);
            }));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);
        await held.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await host.Clock.PassAsync(SidecarConstants.AbandonGrace);
        await host.StateAsync(Name, SidecarState.Restarting);
        var own = await thread.Task.InTime();
        Assert.That(own.IsAlive, Is.True);

        held.Release();

        await Eventually.HoldsAsync(() => !own.IsAlive);
        account.CountDeadLettered();
        account.CountLate();
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task DedicatedThread_HandlerThatBlocksForEver_IsAbandonedAtTheStop()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar<int>(
            Name,
            (_, _, _) =>
            {
                held.Pass();
                return default;
            },
            static options => options.Isolation = SidecarIsolation.DedicatedThread));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);
        await held.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => stop.IsCompleted);
        await stop;

        account.CountAbandoned(1);
        account.AssertBalances(host.Control, Name);
        held.Release();
        account.CountLate();
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task DedicatedThread_SidecarThatJustRuns_BeginsOnItsOwn()
    {
        var thread = new TaskCompletionSource<Thread>();
        await using var host = TestHost.Build(services =>
        {
            services.AddSingleton(new Runner(() => thread.TrySetResult(Thread.CurrentThread)));
            services.AddSidecar<Runner>(static options => options.Isolation = SidecarIsolation.DedicatedThread);
        });
        await host.StartAsync();

        var own = await thread.Task.InTime();
        Assert.That((own.IsThreadPoolThread, own.Name), Is.EqualTo((false, "Sidecar Runner")));
        await host.StopAsync();
        await Eventually.HoldsAsync(() => !own.IsAlive);
    }

    private sealed class Runner(Action begin) : ISidecar
    {
        public async Task RunAsync(SidecarContext context, CancellationToken ct)
        {
            begin();
            await Task.Delay(Timeout.InfiniteTimeSpan, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
