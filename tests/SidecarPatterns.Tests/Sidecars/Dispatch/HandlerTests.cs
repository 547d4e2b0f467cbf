using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests.Sidecars.Dispatch;

/// <summary>What becomes of a message whose handler throws, is slow, or does not come back.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HandlerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Test]
    public async Task Messages_OneAtATime_InTheOrderOfTheirAcceptance()
    {
        var account = new Account();
        var seen = new List<int>();
        var script = new Script<First> { Handle = account.Counting<int>(seen.Add) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first"));
        await host.StartAsync();
        for (var message = 0; message < 5_000; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message);
        }

        await host.StopAsync();
        account.AssertBalances(host.Control, "first");
        Assert.That(seen, Is.EqualTo(Enumerable.Range(0, 5_000)));
    }

    [Test]
    public async Task HandlerThrows_InAnyWay_ItsMessageIsADeadLetterAndTheNextIsHandled()
    {
        var account = new Account();
        Exception[] causes = [new InvalidOperationException("at once"), new InvalidOperationException("later"), new OperationCanceledException("its own")];
        var script = new Script<First>
        {
            Handle = (message, _, _) => message switch
            {
                0 => throw Failed(causes[0]),
                1 => ThrowLaterAsync(causes[1]),
                2 => throw Failed(causes[2]),
                _ => Handled(),
            },
        };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first"));
        await host.StartAsync();
        for (var message = 0; message < 4; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, "first");
        var letters = host.Control.GetDeadLetters("first");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letters.Select(static letter => letter.Exception), Is.EqualTo(causes));
            Assert.That(letters.Select(static letter => letter.Message), Is.EqualTo(new object[] { 0, 1, 2 }));
            Assert.That(letters.Select(static letter => (letter.Reason, letter.Attempts)), Is.All.EqualTo((DeadLetterReason.HandlerFailed, 1)));
            Assert.That(letters.Select(static letter => letter.Time), Is.All.EqualTo(host.Clock.GetUtcNow()));
            Assert.That(host.Snapshot("first").LastError, Is.SameAs(causes[2]));
            Assert.That(host.Logs.Named("MessageDeadLettered"), Has.Count.EqualTo(3));
        }

        Exception Failed(Exception cause)
        {
            account.CountDeadLettered();
            return cause;
        }

        async ValueTask ThrowLaterAsync(Exception cause)
        {
            await Task.Yield();
            throw Failed(cause);
        }

        ValueTask Handled()
        {
            account.CountHandled();
            return default;
        }
    }

    [Test]
    public async Task DeadLetters_MoreThanTheirCapacity_OldestAreForgotten()
    {
        var account = new Account();
        var script = new Script<First> { Handle = account.Counting<int>(static _ => throw new InvalidOperationException("no")) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first", static options => options.DeadLetterCapacity = 3));
        await host.StartAsync();
        for (var message = 0; message < 150; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await host.StopAsync();
        account.AssertBalances(host.Control, "first");
        Assert.That(host.Control.GetDeadLetters("FIRST").Select(static letter => letter.Message), Is.EqualTo(new object[] { 147, 148, 149 }));
    }

    [Test]
    public async Task HandlerTimeout_HandlerThatObeysItsToken_IsADeadLetterOfThatReason()
    {
        var account = new Account();
        var script = new Script<First> { Handle = account.Counting<int>(static async (message, _, ct) => await Task.Delay(message == 0 ? Timeout.Infinite : 0, ct)) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first", static options => options.HandlerTimeout = Limit));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        account.TryWrite(host.Writer<int>(), 1);
        await host.Clock.PassAsync(Limit);
        await account.BalancesAsync(host.Control, "first");
        var letter = host.Control.GetDeadLetters("first").Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letter.Reason, Is.EqualTo(DeadLetterReason.HandlerTimeout));
            Assert.That(letter.Exception, Is.TypeOf<TimeoutException>().With.Message.Contains("HandlerTimeout (00:00:05)").And.InnerException.InstanceOf<OperationCanceledException>());
            Assert.That(host.Snapshot("first").Incarnation, Is.EqualTo(1), "the same incarnation goes on");
        }
    }

    [Test]
    public async Task HandlerTimeout_HandlerThatIgnoresItsTokenAndThenReturns_CountsAsFailed()
    {
        var account = new Account();
        var hold = new SyncPoint();
        var script = new Script<First> { Handle = async (_, _, _) => await hold.PassAsync(CancellationToken.None) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first", static options => options.HandlerTimeout = Limit));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await hold.ReachedAsync();
        await host.Clock.PassAsync(Limit);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(1));
        hold.Release();
        account.CountDeadLettered();
        await account.BalancesAsync(host.Control, "first");
        Assert.That(host.Control.GetDeadLetters("first").Single().Reason, Is.EqualTo(DeadLetterReason.HandlerTimeout));
    }

    [Test]
    public async Task HandlerTimeout_HandlerThatNeverReturns_IsReplacedAndTheQueueSurvives()
    {
        var account = new Account();
        var hold = new SyncPoint();
        var script = new Script<First>
        {
            Handle = async (message, _, _) =>
            {
                if (message == 0)
                {
                    account.CountDeadLettered();
                    await hold.PassAsync(CancellationToken.None);
                }
                else
                {
                    account.CountHandled();
                }
            },
        };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first", static options => options.HandlerTimeout = Limit));
        await host.StartAsync();
        for (var message = 0; message < 5; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await hold.ReachedAsync();
        await host.Clock.PassAsync(Limit);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await host.Clock.PassFirstRestartDelayAsync();
        await account.BalancesAsync(host.Control, "first");
        Assert.That(host.Snapshot("first"), Has.Property("Incarnation").EqualTo(2).And.Property("State").EqualTo(SidecarState.Ready));
        hold.Release();
        account.CountLate();
        await account.BalancesAsync(host.Control, "first");
        await Eventually.HoldsAsync(() => script.Disposed == 1, "the first instance is disposed of once its code has ended");
    }

    [Test]
    public async Task HandlerTimeout_IgnoredInOneLaneOfSeveral_TheInstanceIsDisposedOfOnceThatCallHasEnded()
    {
        var account = new Account();
        var held = new SyncPoint();
        var script = new Script<First> { Handle = async (_, _, _) => await held.PassAsync(CancellationToken.None) };
        await using var host = TestHost.Build(services => services.AddHandler(
            script, "first", static options => (options.Concurrency, options.HandlerTimeout) = (2, Limit)));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 1);
        await held.ReachedAsync();
        await host.Clock.PassAsync(Limit);
        await host.Clock.PassAsync(SidecarConstants.AbandonGrace);
        await host.Clock.PassFirstRestartDelayAsync();
        await Eventually.HoldsAsync(() => host.Snapshot("first") is { Incarnation: 2, State: SidecarState.Ready });
        Assert.That(script.Disposed, Is.Zero);

        held.Release();

        await Eventually.HoldsAsync(() => script.Disposed == 1);
        account.CountDeadLettered();
        account.CountLate();
        await account.BalancesAsync(host.Control, "first");
    }

    [Test]
    public async Task Idle_TheLastMessageAndWhatItsHandlerSet_AreNotKeptAlive([Values] bool isPaced)
    {
        var ambient = new AsyncLocal<object>();
        var set = new TaskCompletionSource<WeakReference>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = TestHost.Build(services => services.AddSidecar<object>(
            "first",
            (_, _, _) =>
            {
                ambient.Value = new object();
                set.SetResult(new WeakReference(ambient.Value));
                return default;
            },
            options => options.MaxRate = isPaced ? 1000 : null));
        await host.StartAsync();
        var message = Publish(host);
        var value = await set.Task.InTime();

        await Eventually.HoldsAsync(() =>
        {
            GC.Collect();
            return !message.IsAlive && !value.IsAlive;
        });

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Publish(TestHost host)
        {
            var message = new object();
            Assert.That(host.Writer<object>().TryWrite(message), Is.True);
            return new WeakReference(message);
        }
    }

    [Test]
    public async Task HandlerTimeout_CallThatEndsInTime_LeavesTheNextItsWholeTime()
    {
        var account = new Account();
        var holds = new[] { new SyncPoint(), new SyncPoint() };
        var script = new Script<First> { Handle = account.Counting<int>(async (message, _, ct) => await holds[message].PassAsync(ct)) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first", static options => options.HandlerTimeout = Limit));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await holds[0].ReachedAsync();
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(4));
        account.TryWrite(host.Writer<int>(), 1);
        holds[0].Release();
        await holds[1].ReachedAsync();
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(4));
        holds[1].Release();
        await account.BalancesAsync(host.Control, "first");
        Assert.That(account.Handled, Is.EqualTo(2));
    }

    [Test]
    public async Task Capacity_OneWithABlockedHandler_IsOneInFlightAndOneQueued()
    {
        var account = new Account();
        var hold = new SyncPoint();
        var script = new Script<First>
        {
            Handle = account.Counting<int>(_ => hold.Pass()),
        };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first", static options => options.Capacity = 1));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await hold.ReachedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.TryWrite(host.Writer<int>(), 1), Is.True);
            Assert.That(account.Publish(host.Writer<int>(), 2).ToString(), Is.EqualTo("Rejected(Full)"));
            Assert.That(host.Writer<int>().Count, Is.EqualTo(1));
        }

        account.AssertBalances(host.Control, "first", queued: 1, inFlight: 1);
        hold.Release();
        await account.BalancesAsync(host.Control, "first");
    }
}
