using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Messages with keys when the host stops while their sidecar is being restarted: order is kept, and nothing is given up on early.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class PartitionStopTests
{
    private const string Name = "sidecar";
    private const int Held = 10; // Its first call ends when the test says so.
    private const int SameKey = 11;
    private const int OtherKey = 20;
    private const int ThirdKey = 30;

    private static readonly TimeSpan Long = TimeSpan.FromDays(1);

    private readonly ConcurrentQueue<(int Message, int Attempt)> _begun = new();
    private Account _account = null!;
    private SyncPoint _first = null!;

    [SetUp]
    public void Begin()
    {
        _begun.Clear();
        _account = new Account();
        _first = new SyncPoint();
    }

    [Test]
    public async Task Stop_WhileARestartWaitsForAMessageThatFails_AttemptsItAgainBeforeTheNextOfItsKey()
    {
        var (second, other) = (new SyncPoint(), new SyncPoint());
        await using var host = Build(async (message, attempt) =>
        {
            if (message == Held && attempt == 1)
            {
                await _first.PassAsync();
                throw new IOException("once");
            }

            await (message == Held ? second.PassAsync() : message == OtherKey ? other.PassAsync() : Task.CompletedTask);
        });
        await host.StartAsync();
        _account.TryWrite(host.Writer<int>(), Held);
        _account.TryWrite(host.Writer<int>(), OtherKey);
        await _first.ReachedAsync();
        await other.ReachedAsync(); // No lane is just about to take a message: one that is takes it, whatever it is told meanwhile.
        _account.TryWrite(host.Writer<int>(), SameKey);
        _account.TryWrite(host.Writer<int>(), ThirdKey);

        var (restart, stop) = await StopWhileRestartingAsync(host);
        other.Release();
        _first.Release();
        await second.ReachedAsync();
        await Eventually.HoldsAsync(() => _account.Handled == 2, "the other keys go on");
        Assert.That(_begun, Is.EquivalentTo(new[] { (Held, 1), (OtherKey, 1), (Held, 2), (ThirdKey, 1) }));

        second.Release();
        await stop;
        await restart.FailureAsync();
        _account.AssertBalances(host.Control, Name);
        Assert.That(_begun.Last(), Is.EqualTo((SameKey, 1)));
    }

    [Test]
    public async Task Stop_WhileARestartWaitsAndARetryToo_MakesTheLastAttempt()
    {
        await using var host = Build(async (message, attempt) =>
        {
            if (message == Held)
            {
                await _first.PassAsync();
            }
            else if (attempt == 1)
            {
                throw new IOException("once");
            }
        });
        await host.StartAsync();
        _account.TryWrite(host.Writer<int>(), OtherKey);
        await Eventually.HoldsAsync(() => WorkerOf(host).Intake!.ParkedCount == 1, "it waits for its retry");
        _account.TryWrite(host.Writer<int>(), Held);
        await _first.ReachedAsync();

        var (restart, stop) = await StopWhileRestartingAsync(host);
        _first.Release();
        await stop;
        await restart.FailureAsync();
        _account.AssertBalances(host.Control, Name);
        Assert.That(_begun, Is.EqualTo(new[] { (OtherKey, 1), (Held, 1), (OtherKey, 2) }));
    }

    private static LaneWorker<int> WorkerOf(TestHost host) => host.Worker<LaneWorker<int>>(Name);

    private static async Task<(Task Restart, Task Stop)> StopWhileRestartingAsync(TestHost host)
    {
        var restart = host.Control.RestartAsync(Name);
        var stop = host.StopAsync();
        await Eventually.HoldsAsync(() => WorkerOf(host).Queue.IsClosed, "the drain has begun");
        return (restart, stop);
    }

    private TestHost Build(Func<int, int, Task> handle) => TestHost.Build(services => services
        .AddSidecar<int>(
            Name,
            async (message, context, _) =>
            {
                _begun.Enqueue((message, context.Attempt));
                await handle(message, context.Attempt);
                _account.CountHandled();
            },
            static options =>
            {
                options.Concurrency = 2;
                options.MaxAttempts = 2;
                options.RetryDelay = options.MaxRetryDelay = Long;
            })
        .PartitionBy(static message => message / 10));
}
