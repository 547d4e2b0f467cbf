using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Messages with keys: order within a key, no order between them.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class PartitionTests
{
    private const string Name = "sidecar";

    // A random part of it is never next to nothing.
    private static readonly TimeSpan Long = TimeSpan.FromDays(1);

    [Test]
    public async Task Keys_ManyMessages_EachKeyInOrderAndNeverTwiceAtATime(
        [Values(1, 4)] int concurrency, [Values(8, 1024)] int capacity, [Values] bool suspends, [Values] bool goesAlone)
    {
        const int Keys = 7;
        const int Count = 10_000;
        var account = new Account();
        var seen = Enumerable.Range(0, Keys).Select(static _ => new List<int>()).ToArray();
        var busy = new int[Keys];
        await using var host = Build(concurrency, static message => message % Keys, account.Counting<int>(async (message, _, _) =>
        {
            var key = message % Keys;
            if (Interlocked.Exchange(ref busy[key], 1) != 0)
            {
                throw new InvalidOperationException("two messages of one key at a time");
            }

            if (suspends && message % 5 == 0)
            {
                await Task.Yield();
            }

            seen[key].Add(message);
            Volatile.Write(ref busy[key], 0);
        }), options => options.Capacity = capacity);
        IntakeOf(host).QuickRun = goesAlone ? long.MaxValue : -1;
        await host.StartAsync();
        for (var message = 0; message < Count; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message).InTime();
        }

        await host.StopAsync();
        account.AssertBalances(host.Control, Name);
        for (var key = 0; key < Keys; key++)
        {
            Assert.That(seen[key], Is.EqualTo(Enumerable.Range(0, Count).Where(message => message % Keys == key)));
        }
    }

    [Test]
    public async Task Keys_OneHangs_TheOthersGoOnAndItsMessagesCountAsQueued()
    {
        var account = new Account();
        var held = new SyncPoint();
        var seen = new ConcurrentQueue<int>();
        await using var host = Build(2, static message => message % 2, account.Counting<int>(async (message, _, ct) =>
        {
            if (message == 0)
            {
                await held.PassAsync(ct);
            }

            seen.Enqueue(message);
        }), static options => options.Capacity = 8);
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await held.ReachedAsync();
        for (var message = 1; message < 8; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name, queued: 3, inFlight: 1); // 2, 4 and 6 wait for 0.
        for (var message = 8; account.TryWrite(host.Writer<int>(), message); message += 2)
        {
            Assert.That(message, Is.LessThan(20), "messages that wait for their key take no room");
        }

        account.AssertBalances(host.Control, Name, queued: 8, inFlight: 1);
        Assert.That(seen, Is.EqualTo([1, 3, 5, 7]));

        held.Release();
        await host.StopAsync();
        account.AssertBalances(host.Control, Name);
        Assert.That(seen.Where(static message => message % 2 == 0), Is.Ordered);
    }

    [Test]
    public async Task Keys_OneBlocksItsThreadAfterALongRunOfQuickOnes_TheOthersGoOn([Values] bool publishedAtOnce)
    {
        const int Quick = 10_000;
        const int Blocks = -2;
        var account = new Account();
        using var held = new ManualResetEventSlim();
        await using var host = Build(4, static message => message % 2, account.Counting<int>(message =>
        {
            if (message == Blocks)
            {
                held.Wait(Eventually.HoldLimit);
            }
        }), static options => options.Capacity = Quick + 10);
        IntakeOf(host).QuickRun = long.MaxValue; // As quick as it gets, whatever else runs on the machine.
        await host.StartAsync();
        for (var message = 0; message < Quick; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        account.TryWrite(host.Writer<int>(), Blocks);
        if (!publishedAtOnce)
        {
            await account.BalancesAsync(host.Control, Name, inFlight: 1);
        }

        for (var message = 0; message < 6; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name, queued: 3, inFlight: 1); // The even ones.

        held.Set();
        await host.StopAsync();
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Keys_ManyThatAreNeverSeenAgain_AreForgotten()
    {
        var account = new Account();
        await using var host = Build(2, static message => message, account.Counting<int>(static _ => { }));
        await host.StartAsync();
        for (var message = 0; message < 20_000; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name);
        Assert.That(IntakeOf(host).KnownKeys, Is.InRange(1, 6), "the keys of what the two lanes have, and have had lately");
        await host.StopAsync();
    }

    [Test]
    public async Task Key_DelegateThrowsOrReturnsNull_TheMessageIsADeadLetter()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services
            .AddSidecar<int>(Name, account.Counting<int>(static _ => { }), static options => options.Concurrency = 2)
            .PartitionBy(static message => message switch
            {
                0 => throw new FormatException("no key"),
                1 => null!,
                _ => "key",
            }));
        await host.StartAsync();
        for (var message = 0; message < 4; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        account.CountDeadLettered(2);
        await account.BalancesAsync(host.Control, Name);
        Assert.That(
            host.Control.GetDeadLetters(Name).Select(static letter => (letter.Message, letter.Exception!.GetType(), letter.Attempts)),
            Is.EquivalentTo(new (object, Type, int)[] { (0, typeof(FormatException), 0), (1, typeof(InvalidOperationException), 0) }));
        Assert.That(
            host.Control.GetDeadLetters(Name).Single(static letter => letter.Message.Equals(1)).Exception!.Message,
            Is.EqualTo("PartitionBy returned null for a message; a key is never null."));
    }

    [Test]
    public async Task Key_FailsForAReplayedMessage_ItsLetterNamesTheOneBefore()
    {
        var account = new Account();
        await using var host = Build(2, static message => message < 0 ? throw new FormatException("no key") : message, account.Counting<int>(static _ => { }));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), -1);
        account.CountDeadLettered();
        await account.BalancesAsync(host.Control, Name);
        var first = host.Control.GetDeadLetters(Name).Single();

        Assert.That(host.Control.ReplayDeadLetters(Name), Is.EqualTo(1));
        account.TryWrite(host.Writer<int>(), 1);
        await host.Control.FlushAsync(Name).InTime();

        Assert.That(host.Control.GetDeadLetters(Name).Single().Previous, Is.SameAs(first));
    }

    [Test]
    public async Task Flush_BehindAMessageWhoseKeyFails_IsToldOnceThatIsADeadLetter()
    {
        var account = new Account();
        await using var host = Build(2, static message => message < 0 ? throw new FormatException("no key") : message, account.Counting<int>(static _ => { }));
        await host.StartAsync();
        for (var round = 0; round < 100; round++)
        {
            account.TryWrite(host.Writer<int>(), -1);
            await host.Control.FlushAsync(Name).InTime();
            account.CountDeadLettered();
            account.AssertBalances(host.Control, Name);
        }
    }

    [Test]
    public async Task Retry_WaitsForItsTurn_ItsKeyWaitsAndTheOthersDoNot()
    {
        var account = new Account();
        var seen = new ConcurrentQueue<(int Message, int Attempt)>();
        await using var host = Build(1, static message => message % 2, (message, context, _) =>
        {
            seen.Enqueue((message, context.Attempt));
            if (message == 0 && context.Attempt < 3)
            {
                throw new IOException("not yet");
            }

            account.CountHandled();
            return default;
        }, static options => options.MaxAttempts = 3);
        await host.StartAsync();
        for (var message = 0; message < 4; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name, queued: 1, inFlight: 1); // 2 waits for 0, which waits for its retry.
        Assert.That(seen, Is.EqualTo([(0, 1), (1, 1), (3, 1)]));

        await host.Clock.AdvanceUntilAsync(Long, () => account.Handled == 4);
        await account.BalancesAsync(host.Control, Name);
        Assert.That(seen.Skip(3), Is.EqualTo([(0, 2), (0, 3), (2, 1)]));
    }

    [Test]
    public async Task Retry_OneOfItsKeyComesWhileItIsAttemptedAgain_IsHandledAfterAllBefore()
    {
        var account = new Account();
        var again = new SyncPoint();
        var seen = new ConcurrentQueue<int>();
        await using var host = Build(2, static _ => "key", async (message, context, _) =>
        {
            if (context.Attempt == 1 && message == 0)
            {
                throw new IOException("once");
            }

            await (message == 0 ? again.PassAsync(CancellationToken.None) : Task.CompletedTask);
            seen.Enqueue(message);
            account.CountHandled();
        }, static options => options.MaxAttempts = 2);
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        account.TryWrite(host.Writer<int>(), 1);
        await Eventually.HoldsAsync(() => IntakeOf(host) is { ParkedCount: 1, HeldCount: 1 }, "one waits for its retry, and the other for that");
        await host.Clock.AdvanceAsync(Long);
        await again.ReachedAsync();
        account.TryWrite(host.Writer<int>(), 2);
        await Eventually.HoldsAsync(() => IntakeOf(host).HeldCount == 2);

        again.Release();
        await Eventually.HoldsAsync(() => account.Handled == 3);
        await host.StopAsync();
        account.AssertBalances(host.Control, Name);
        Assert.That(seen, Is.EqualTo([0, 1, 2]));
        Assert.That(IntakeOf(host).HeldCount, Is.Zero);
    }

    [Test]
    public async Task Retry_MoreWaitThanThereAreLanes_AllAreInFlight()
    {
        var account = new Account();
        await using var host = Build(2, static message => message, (_, context, _) =>
        {
            if (context.Attempt == 1)
            {
                throw new IOException("once");
            }

            account.CountHandled();
            return default;
        }, static options => options.MaxAttempts = 2);
        await host.StartAsync();
        for (var message = 0; message < 10; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name, inFlight: 10);
        await host.Clock.AdvanceUntilAsync(Long, () => account.Handled == 10);
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Stop_WhileARetryWaits_MakesOneLastAttemptAndThenTheRestOfItsKey()
    {
        var account = new Account();
        var seen = new ConcurrentQueue<(int Message, int Attempt)>();
        await using var host = Build(2, static _ => "key", (message, context, _) =>
        {
            seen.Enqueue((message, context.Attempt));
            if (message == 0)
            {
                throw new IOException("never");
            }

            account.CountHandled();
            return default;
        }, static options => options.MaxAttempts = 10);
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        account.TryWrite(host.Writer<int>(), 1);
        await account.BalancesAsync(host.Control, Name, queued: 1, inFlight: 1);

        account.CountDeadLettered();
        await host.StopAsync();

        account.AssertBalances(host.Control, Name);
        Assert.That(seen, Is.EqualTo([(0, 1), (0, 2), (1, 1)]));
    }

    [Test]
    public async Task Full_AllWaitForTheirKey_TheNewMessageIsEvicted(
        [Values(BoundedChannelFullMode.DropOldest, BoundedChannelFullMode.DropNewest)] BoundedChannelFullMode mode)
    {
        var account = new Account();
        var held = new SyncPoint();
        var evicted = new List<int>();
        await using var host = TestHost.Build(services => services
            .AddSidecar(Name, account.Counting<int>(async (_, _, ct) => await held.PassAsync(ct)), options =>
            {
                options.Concurrency = 2;
                options.Capacity = 2;
                options.FullMode = mode;
            })
            .PartitionBy(static _ => "key")
            .OnDropped(dropped =>
            {
                account.CountDropped(dropped);
                evicted.Add(dropped.Message);
            }));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await held.ReachedAsync();
        for (var message = 1; message < 3; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
            await Eventually.HoldsAsync(() => IntakeOf(host).HeldCount == message); // The other lane pulled it, and put it by.
        }

        account.TryWrite(host.Writer<int>(), 3);
        Assert.That(evicted, Is.EqualTo([3]));
        account.AssertBalances(host.Control, Name, queued: 2, inFlight: 1);

        held.Release();
        await host.StopAsync();
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Pause_AMessageIsJustBeingTaken_ReturnsOnceItIs()
    {
        var asked = new SyncPoint();
        List<int> begun = [];
        var account = new Account();
        await using var host = Build(
            concurrency: 2,
            message =>
            {
                asked.Pass();
                return message;
            },
            account.Counting<int>(begun.Add));
        await host.StartAsync();
        Assert.That(account.TryWrite(host.Writer<int>(), 1));
        await asked.ReachedAsync();

        var pausing = Task.Run(() => host.Control.Pause(Name));
        await host.StateAsync(Name, SidecarState.Paused);
        Assert.That(pausing.IsCompleted, Is.False);

        asked.Release();
        await pausing.InTime();
        Assert.That(account.TryWrite(host.Writer<int>(), 2));
        await host.Control.RestartAsync(Name).InTime(); // What had begun is over now.
        Assert.That(begun, Is.EqualTo([1]));
        account.AssertBalances(host.Control, Name, queued: 1);
    }

    private static MessageIntake<int> IntakeOf(TestHost host) => host.Worker<LaneWorker<int>>(Name).Intake!;

    private static TestHost Build<TKey>(
        int concurrency,
        Func<int, TKey> key,
        Func<int, SidecarContext, CancellationToken, ValueTask> handler,
        Action<SidecarOptions>? configure = null)
        where TKey : notnull =>
        TestHost.Build(services => services.AddSidecar<int>(Name, handler, options =>
        {
            options.Concurrency = concurrency;
            options.RetryDelay = Long;
            options.MaxRetryDelay = Long;
            configure?.Invoke(options);
        }).PartitionBy(key));
}
