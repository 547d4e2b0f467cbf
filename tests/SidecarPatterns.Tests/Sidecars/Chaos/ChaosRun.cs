using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>A host with one sidecar in one mode, publishers, and somebody who gives it orders.</summary>
internal sealed class ChaosRun
{
    private const string Name = "sidecar";
    private const int Publishers = 3;
    private const int LeastMessages = 50; // Of each: on a loaded machine a short time is over before anything has begun.

    private readonly string _mode;
    private readonly BoundedChannelFullMode _fullMode;
    private readonly int _seed;
    private readonly Account _account = new();
    private readonly ChaosCalls _calls;
    private readonly TestHost _host;
    private int _uncounted; // Who asks without waiting is told a moment after his request is settled.

    public ChaosRun(string mode, BoundedChannelFullMode fullMode, int seed)
    {
        (_mode, _fullMode, _seed) = (mode, fullMode, seed);
        _calls = new ChaosCalls(_account, seed, isKeyed: mode == "keyed");
        _host = TestHost.BuildOnSystemClock(services =>
        {
            services.AddSingleton(_calls);
            services.Configure<LoggerFilterOptions>(static options => options.MinLevel = LogLevel.None); // It would be gigabytes.
            Add(services).OnDropped(dropped =>
            {
                _account.CountDropped(dropped);
                if (dropped.Message % 5 == 0)
                {
                    throw new IOException("chaos");
                }
            });
        });
    }

    /// <summary>Lets it all happen, and stops the host.</summary>
    public async Task RunAsync(TimeSpan time)
    {
        var random = new Random(_seed);
        await _host.StartAsync();
        var clock = Stopwatch.StartNew();
        var publishers = Enumerable.Range(0, Publishers).Select(publisher => Task.Run(async () =>
        {
            var choices = new Random((_seed * 100) + publisher);
            for (var i = 0; i < LeastMessages || clock.Elapsed < time; i++)
            {
                await PublishAsync((i * Publishers) + publisher, choices.Next(3));
                if (choices.Next(20) == 0)
                {
                    await Task.Delay(1);
                }
            }
        })).ToArray();

        while (clock.Elapsed < time)
        {
            await GiveOrderAsync(random.Next(6));
            await Task.Delay(random.Next(3));
        }

        _host.Control.Resume(Name);
        await Task.WhenAll(publishers).InTime();
        await _host.Control.FlushAsync(Name).InTime();
        await _host.StopAsync();
    }

    /// <summary>Asserts that all is accounted for and disposed of.</summary>
    public async Task AssertOverAsync()
    {
        await Eventually.HoldsAsync(() => Volatile.Read(ref _uncounted) == 0, $"{_mode}: everybody who asked is told");
        var snapshot = _host.Snapshot(Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.State, Is.EqualTo(SidecarState.Stopped), _mode);
            Assert.That(snapshot.Queued + snapshot.InFlight + snapshot.Abandoned + snapshot.Late, Is.Zero, $"{_mode}: {snapshot}");
            Assert.That(snapshot.Handled, Is.Positive, _mode);
            Assert.That(_calls.Running, Is.Zero, $"{_mode}: handlers that still run");
            Assert.That(_calls.OutOfOrder, Is.Zero, $"{_mode}: two messages of one key at a time");
        }

        _account.CountDeadLettered(_calls.LastAttemptsFailed);
        _account.AssertBalances(_host.Control, Name);
        await _host.DisposeAsync();
        await Eventually.HoldsAsync(() => _calls.Alive == 0, $"{_mode}: every instance is disposed of; {_calls.Alive} are not");
    }

    private ISidecarBuilder<int> Add(IServiceCollection services) => _mode switch
    {
        "batches" => services.AddBatchSidecar<ChaosBatches, int>(Name, Configure),
        "marked" => services.AddBatchSidecar<ChaosMarkedBatches, int>(Name, Configure),
        "keyed" => services.AddSidecar<ChaosMessages, int>(Name, Configure).PartitionBy(static message => message % ChaosCalls.Keys),
        "requests" => services.AddSidecar<ChaosRequests, int, int>(Name, Configure),
        "scoped" => services.AddSidecar<ChaosScopedMessages, int>(Name, Configure),
        _ => services.AddSidecar<ChaosMessages, int>(Name, Configure),
    };

    private void Configure(SidecarOptions options)
    {
        options.Capacity = 32;
        options.FullMode = _fullMode;
        options.Concurrency = _mode is "concurrent" or "keyed" or "requests" ? 4 : 1;
        options.ScopePerMessage = _mode == "scoped";
        options.BatchSize = 8;
        options.BatchDelay = TimeSpan.FromMilliseconds(2);
        options.MaxAttempts = ChaosCalls.MaxAttempts;
        options.RetryDelay = TimeSpan.FromMilliseconds(2);
        options.RestartDelay = TimeSpan.Zero;
        options.MaxRestarts = 1_000;
        options.DeadLetterCapacity = 0;
    }

    private async Task PublishAsync(int message, int how)
    {
        if (_mode == "requests")
        {
            await AskAsync(message, how);
        }
        else if (how == 0 || (how == 2 && _fullMode == BoundedChannelFullMode.DropWrite))
        {
            _account.TryWrite(_host.Writer<int>(), message); // What WriteAsync drops is told by the callback alone.
        }
        else if (how == 1)
        {
            _account.Publish(_host.Writer<int>(), message);
        }
        else
        {
            await _account.WriteAsync(_host.Writer<int>(), message);
        }
    }

    private async Task AskAsync(int message, int how)
    {
        var client = _host.Services.GetRequiredService<SidecarClient<int, int>>();
        if (how != 2)
        {
            // Whether it was accepted or dropped shows by its end alone: who is refused gets no reply at all.
            if (client.TryAsk(message, out var reply))
            {
                _ = CountAsync(reply);
            }
            else
            {
                _account.Count(accepted: false);
            }

            return;
        }

        await CountAsync(client.AskAsync(message));
    }

    private async Task CountAsync(Task<int> reply)
    {
        // Those that were accepted and evicted are told the same; with DropWrite alone none had been accepted.
        Interlocked.Increment(ref _uncounted);
        var failure = await reply.FailureAsync();
        _account.Count(accepted: failure is not SidecarBusyException || _fullMode != BoundedChannelFullMode.DropWrite);
        Interlocked.Decrement(ref _uncounted);
    }

    private async Task GiveOrderAsync(int order)
    {
        switch (order)
        {
            case 0:
                _host.Control.Pause(Name);
                break;
            case 1:
            case 2:
                _host.Control.Resume(Name);
                break;
            case 3:
                _host.Control.Resume(Name);
                await _host.Control.FlushAsync(Name).InTime();
                break;
            case 4:
                await _host.Control.RestartAsync(Name).InTime();
                break;
            default:
                _ = _host.Snapshot(Name);
                break;
        }
    }
}
