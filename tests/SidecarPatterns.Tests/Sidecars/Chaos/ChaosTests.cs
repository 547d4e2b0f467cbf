using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Random orders and random faults for a time; then nothing is lost, and every count is what the test has counted itself.</summary>
/// <remarks>The seed is in the name of the test: the same seed makes the same choices, though threads may meet otherwise.</remarks>
[TestFixture]
[CancelAfter(180_000)]
internal sealed class ChaosTests
{
    private const string Name = "sidecar";

    private static readonly string[] Modes = ["single", "concurrent", "keyed", "batches", "scoped"];

    [Test]
    public Task Chaos_Short([ValueSource(nameof(Modes))] string mode, [Values] BoundedChannelFullMode fullMode, [Values(1, 2)] int seed) =>
        RunAsync(mode, fullMode, seed, TimeSpan.FromSeconds(0.3));

    [Test]
    [Explicit("Takes long.")]
    [Category("Long")]
    public Task Chaos_Long([ValueSource(nameof(Modes))] string mode, [Values(11, 12, 13)] int seed) =>
        RunAsync(mode, (BoundedChannelFullMode)(seed % 4), seed, TimeSpan.FromSeconds(30));

    private static async Task RunAsync(string mode, BoundedChannelFullMode fullMode, int seed, TimeSpan time)
    {
        var random = new Random(seed);
        var account = new Account();
        var calls = new Calls(account, seed, isKeyed: mode == "keyed");
        await using var host = TestHost.BuildOnSystemClock(services =>
        {
            services.AddSingleton(calls);
            Add(services, mode, options =>
            {
                options.Capacity = 32;
                options.FullMode = fullMode;
                options.Concurrency = mode is "concurrent" or "keyed" ? 4 : 1;
                options.ScopePerMessage = mode == "scoped";
                options.BatchSize = 8;
                options.BatchDelay = TimeSpan.FromMilliseconds(2);
                options.MaxAttempts = 3;
                options.RetryDelay = TimeSpan.FromMilliseconds(2);
                options.RestartDelay = TimeSpan.Zero;
                options.DeadLetterCapacity = 0;
            }).OnDropped(account.CountDropped);
        });
        await host.StartAsync();

        var clock = Stopwatch.StartNew();
        var publishers = Enumerable.Range(0, 3).Select(publisher => Task.Run(async () =>
        {
            var choices = new Random((seed * 100) + publisher);
            for (var i = 0; clock.Elapsed < time; i++)
            {
                var message = (i * 3) + publisher;
                switch (choices.Next(3))
                {
                    case 0:
                        account.TryWrite(host.Writer<int>(), message);
                        break;
                    case 1:
                        account.Publish(host.Writer<int>(), message);
                        break;
                    default:
                        await WriteAsync(account, host, message, fullMode);
                        break;
                }

                if (choices.Next(20) == 0)
                {
                    await Task.Delay(1);
                }
            }
        })).ToArray();

        while (clock.Elapsed < time)
        {
            await GiveOrderAsync(host, random.Next(6));
            await Task.Delay(random.Next(3));
        }

        host.Control.Resume(Name);
        await Task.WhenAll(publishers).InTime();
        await host.Control.FlushAsync(Name).InTime();
        await host.StopAsync();

        var snapshot = host.Snapshot(Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(snapshot.Queued + snapshot.InFlight + snapshot.Abandoned + snapshot.Late, Is.Zero, snapshot.ToString());
            Assert.That(calls.Running, Is.Zero, "handlers that still run");
            Assert.That(calls.OutOfOrder, Is.Zero, "two messages of one key at a time");
        }

        account.CountDeadLettered(snapshot.DeadLettered);
        Assert.That(snapshot.DeadLettered, Is.EqualTo(calls.LastAttemptsFailed), "dead letters");
        account.AssertBalances(host.Control, Name);
    }

    private static async Task WriteAsync(Account account, TestHost host, int message, BoundedChannelFullMode fullMode)
    {
        if (fullMode == BoundedChannelFullMode.DropWrite)
        {
            account.TryWrite(host.Writer<int>(), message); // What WriteAsync drops is told by the callback alone.
            return;
        }

        await account.WriteAsync(host.Writer<int>(), message);
    }

    private static async Task GiveOrderAsync(TestHost host, int order)
    {
        switch (order)
        {
            case 0:
                host.Control.Pause(Name);
                break;
            case 1:
            case 2:
                host.Control.Resume(Name);
                break;
            case 3:
                host.Control.Resume(Name);
                await host.Control.FlushAsync(Name).InTime();
                break;
            case 4:
                await host.Control.RestartAsync(Name).InTime();
                break;
            default:
                _ = host.Snapshot(Name);
                break;
        }
    }

    private static ISidecarBuilder<int> Add(IServiceCollection services, string mode, Action<SidecarOptions> configure) => mode switch
    {
        "batches" => services.AddBatchSidecar<Batches, int>(Name, configure),
        "keyed" => services.AddSidecar<Messages, int>(Name, configure).PartitionBy(static message => message % Calls.Keys),
        _ => services.AddSidecar<Messages, int>(Name, configure),
    };

    /// <summary>What the handlers do and count.</summary>
    private sealed class Calls(Account account, int seed, bool isKeyed)
    {
        public const int Keys = 5;

        private readonly int[] _busy = new int[Keys];
        private int _running;
        private int _outOfOrder;
        private int _lastAttemptsFailed;

        public bool IsKeyed => isKeyed;

        public int Running => Volatile.Read(ref _running);

        public int OutOfOrder => Volatile.Read(ref _outOfOrder);

        public int LastAttemptsFailed => Volatile.Read(ref _lastAttemptsFailed);

        public async ValueTask HandleAsync(IReadOnlyList<int> messages, int attempt, bool checksKeys, CancellationToken ct)
        {
            Interlocked.Increment(ref _running);
            var key = messages[0] % Keys;
            if (checksKeys && Interlocked.Exchange(ref _busy[key], 1) != 0)
            {
                Interlocked.Increment(ref _outOfOrder);
            }

            try
            {
                // What becomes of a message depends on it and the seed alone.
                var fate = (uint)HashCode.Combine(messages[0], seed, attempt) % 100;
                if (fate < 30)
                {
                    await Task.Yield();
                }
                else if (fate < 32)
                {
                    await Task.Delay(1, ct);
                }

                if (fate % 10 == 3)
                {
                    if (attempt == 3)
                    {
                        Interlocked.Add(ref _lastAttemptsFailed, messages.Count);
                    }

                    throw new IOException("chaos");
                }

                for (var i = 0; i < messages.Count; i++)
                {
                    account.CountHandled();
                }
            }
            finally
            {
                if (checksKeys)
                {
                    Volatile.Write(ref _busy[key], 0);
                }

                Interlocked.Decrement(ref _running);
            }
        }
    }

    private sealed class Messages(Calls calls) : ISidecar<int>
    {
        public ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct) =>
            calls.HandleAsync([message], context.Attempt, calls.IsKeyed, ct);
    }

    private sealed class Batches(Calls calls) : IBatchSidecar<int>
    {
        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct) =>
            calls.HandleAsync(batch, context.Attempt, checksKeys: false, ct);
    }
}
