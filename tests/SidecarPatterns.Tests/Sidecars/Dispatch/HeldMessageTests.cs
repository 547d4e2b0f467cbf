using System.Collections.Concurrent;

namespace SidecarPatterns.Tests;

/// <summary>What waits for a retry, or for its key, when its sidecar ends: it is told of, and nothing of it is left when that begins anew.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HeldMessageTests
{
    private const string Name = "sidecar";

    private static readonly TimeSpan Long = TimeSpan.FromDays(40);

    private readonly ConcurrentQueue<(int Message, int Attempt)> _begun = new();
    private Account _account = null!;
    private Script<First> _script = null!;
    private bool _canBeMade;

    [SetUp]
    public void Create()
    {
        _begun.Clear();
        _account = new Account();
        _canBeMade = true;
        _script = new Script<First>
        {
            Create = () =>
            {
                if (!Volatile.Read(ref _canBeMade))
                {
                    throw new IOException("not now");
                }
            },
        };
    }

    [Test]
    public async Task Failed_MessagesWaitInside_AreDeadLettersAndNothingOfThemIsLeft([Values] bool keyed)
    {
        await using var host = Build(keyed, FailOnce, static options => (options.Critical, options.RestartPolicy) = (false, RestartPolicy.Never));
        await host.StartAsync();
        _account.TryWrite(host.Writer<int>(), -10);
        await _account.BalancesAsync(host.Control, Name, inFlight: 1);
        _account.TryWrite(host.Writer<int>(), -11);
        if (keyed)
        {
            await Eventually.HoldsAsync(() => WorkerOf(host).Intake is { HeldCount: 1, ParkedCount: 1 }, "it waits for the one before");
        }

        Volatile.Write(ref _canBeMade, false);
        var restart = host.Control.RestartAsync(Name);
        await host.StateAsync(Name, SidecarState.Failed);
        await restart.FailureAsync();
        _account.CountDeadLettered(2);
        _account.AssertBalances(host.Control, Name);
        Assert.That(
            host.Control.GetDeadLetters(Name).Select(static letter => (letter.Message, letter.Attempts, letter.Reason)),
            Is.EquivalentTo(new (object, int, DeadLetterReason)[] { (-10, 1, DeadLetterReason.SidecarFailed), (-11, 0, DeadLetterReason.SidecarFailed) }));

        Volatile.Write(ref _canBeMade, true);
        await host.Control.RestartAsync(Name).InTime();
        await PublishAsync(host, 12, 20);
        await host.Clock.AdvanceAsync(Long); // Nothing is due any more.
        await PublishAsync(host, 13);
        Assert.That(_begun, Is.EquivalentTo(new[] { (-10, 1), (12, 1), (20, 1), (13, 1) }));
    }

    [Test]
    public async Task Failed_TheKeyOfAMessageThatWaitsWasFreedLast_IsNotHandledAfterARestart()
    {
        var held = new SyncPoint();
        await using var host = Build(
            keyed: true,
            (message, _) => message == 10 ? held.PassAsync() : Task.CompletedTask,
            static options => (options.Critical, options.RestartPolicy) = (false, RestartPolicy.Never));
        await host.StartAsync();
        _account.TryWrite(host.Writer<int>(), 10);
        await held.ReachedAsync();
        _account.TryWrite(host.Writer<int>(), 11);
        await Eventually.HoldsAsync(() => WorkerOf(host).Intake!.HeldCount == 1, "it waits for the one before");

        Volatile.Write(ref _canBeMade, false);
        var restart = host.Control.RestartAsync(Name);
        held.Release();
        await host.StateAsync(Name, SidecarState.Failed);
        await restart.FailureAsync();
        _account.CountDeadLettered();
        _account.AssertBalances(host.Control, Name);

        Volatile.Write(ref _canBeMade, true);
        await host.Control.RestartAsync(Name).InTime();
        await PublishAsync(host, 12, 20);
        _account.AssertBalances(host.Control, Name);
        Assert.That(_begun, Is.EqualTo(new[] { (10, 1), (12, 1), (20, 1) }));
    }

    [Test]
    public async Task Drain_AbandonsWhatWaitsForItsKey_ARestartBeginsAnew()
    {
        var held = new SyncPoint();
        await using var host = Build(keyed: true, async (message, attempt) =>
        {
            if (message == 0)
            {
                await held.PassAsync();
                return;
            }

            await FailOnce(message, attempt);
        });
        await host.StartAsync();
        _account.TryWrite(host.Writer<int>(), 0);
        await held.ReachedAsync();
        _account.TryWrite(host.Writer<int>(), 1);
        await Eventually.HoldsAsync(() => WorkerOf(host).Intake!.HeldCount == 1, "it waits for the one before");

        var drain = host.Control.DrainAsync(Name);
        await host.Clock.PassAsync(SidecarConstants.DrainTimeout);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await drain.InTime();
        _account.CountAbandoned(2);
        _account.AssertBalances(host.Control, Name);

        await host.Control.RestartAsync(Name).InTime();
        await PublishAsync(host, 2, 3);
        held.Release();
        _account.CountLate();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_begun, Is.EquivalentTo(new[] { (0, 1), (2, 1), (3, 1) }));

        _account.TryWrite(host.Writer<int>(), -10);
        _account.TryWrite(host.Writer<int>(), -20);
        _account.TryWrite(host.Writer<int>(), 30); // There are two lanes: neither waits for those.
        await Eventually.HoldsAsync(() => _account.Handled == 3, "the others go on while two messages wait for their retry");
        await host.Clock.AdvanceUntilAsync(Long, () => _account.Handled == 5);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Drain_AKeyWasKnown_AfterARestartItIsNotForgottenWhileAMessageOfItIsInFlight()
    {
        var held = new SyncPoint();
        await using var host = Build(keyed: true, async (message, _) =>
        {
            if (message == 0)
            {
                await held.PassAsync();
                _account.CountHandled();
            }
        });
        await host.StartAsync();
        await PublishAsync(host, 1);
        await host.Control.DrainAsync(Name).InTime();
        await host.Control.RestartAsync(Name).InTime();

        _account.TryWrite(host.Writer<int>(), 0);
        await held.ReachedAsync();
        await PublishAsync(host, 10, 20, 30, 40, 50, 60); // More than are remembered.
        _account.TryWrite(host.Writer<int>(), 2);
        await Eventually.HoldsAsync(() => WorkerOf(host).Intake!.HeldCount == 1, "it waits for the one before");

        held.Release();
        await host.StopAsync();
        _account.AssertBalances(host.Control, Name);
        Assert.That(_begun.Last(), Is.EqualTo((2, 1)));
    }

    [Test]
    public async Task Stop_InARestartDelay_WhatWaitsForItsRetryIsAttemptedOnceMore([Values] bool keyed)
    {
        await using var host = Build(keyed, FailOnce, static options => options.Critical = false);
        await host.StartAsync();
        _account.TryWrite(host.Writer<int>(), -10);
        await _account.BalancesAsync(host.Control, Name, inFlight: 1);
        Volatile.Write(ref _canBeMade, false);
        var restart = host.Control.RestartAsync(Name);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
        Volatile.Write(ref _canBeMade, true);

        await host.StopAsync(); // The clock stands still.

        await restart.InTime().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _account.AssertBalances(host.Control, Name);
        Assert.That(_begun, Is.EqualTo(new[] { (-10, 1), (-10, 2) }));
    }

    private static Task FailOnce(int message, int attempt) => message < 0 && attempt == 1 ? throw new IOException("once") : Task.CompletedTask;

    private static LaneWorker<int> WorkerOf(TestHost host) => host.Worker<LaneWorker<int>>(Name);

    private async Task PublishAsync(TestHost host, params int[] messages)
    {
        foreach (var message in messages)
        {
            var handled = _account.Handled;
            _account.TryWrite(host.Writer<int>(), message);
            await Eventually.HoldsAsync(() => _account.Handled == handled + 1, $"{message} is handled");
        }
    }

    private TestHost Build(bool keyed, Func<int, int, Task> handle, Action<SidecarOptions>? configure = null)
    {
        _script.Handle = async (message, context, _) =>
        {
            _begun.Enqueue((message, context.Attempt));
            await handle(message, context.Attempt);
            if (message != 0)
            {
                _account.CountHandled();
            }
        };
        return TestHost.Build(services =>
        {
            var builder = services.AddHandler(_script, Name, options =>
            {
                options.Concurrency = keyed ? 2 : 1;
                options.MaxAttempts = 2;
                options.RetryDelay = options.MaxRetryDelay = Long;
                configure?.Invoke(options);
            });
            _ = keyed ? builder.PartitionBy(static message => Math.Abs(message / 10)) : builder;
        });
    }
}
