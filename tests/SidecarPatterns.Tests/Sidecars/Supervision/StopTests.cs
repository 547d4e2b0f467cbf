using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Sidecars.Supervision;

/// <summary>How sidecars stop: after the application, last first, with everything handled that the time allows.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class StopTests
{
    [Test]
    public async Task Stop_MessagesOfTheApplicationsOwnStop_AreHandled()
    {
        var account = new Account();
        var script = new Script<First> { Handle = account.Counting<int>(static _ => { }) };
        var application = new JournalService(new Journal());
        await using var host = TestHost.Build(services =>
        {
            services.AddHandler(script, "first");
            services.AddSingleton<IHostedService>(application);
        });
        var readiness = new List<bool>();
        application.OnPhase = (phase, _) =>
        {
            readiness.Add(host.Snapshot("first").IsReady);
            return account.WriteAsync(host.Writer<int>(), phase.Length, CancellationToken.None);
        };
        await host.StartAsync();
        await host.StopAsync();
        account.AssertBalances(host.Control, "first");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.Handled, Is.EqualTo(6), "each phase of the application, its stopped phase included");
            Assert.That(readiness, Is.EqualTo(new[] { true, true, true, true, false, false }), "not ready once its own StoppingAsync was called, which is last of all");
        }
    }

    [Test]
    public async Task Stop_SeveralSidecars_DrainInReverseOrder()
    {
        var journal = new Journal();
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(Leaving<First>("first"), "first");
            services.AddRun(Leaving<Second>("second"), "second");
            services.AddSingleton<IHostedService>(new JournalService(journal));
        });
        await host.StartAsync();
        await host.StopAsync();
        Assert.That(journal.Lines.TakeLast(3), Is.EqualTo(new[] { "application stopped", "second ends", "first ends" }));

        Script<TKey> Leaving<TKey>(string name) => new()
        {
            Run = async (_, ct) =>
            {
                await Script.UntilCancelledAsync(ct);
                journal.Add($"{name} ends");
            },
        };
    }

    [Test]
    public async Task Stop_IdleSidecars_TakesNoTimeOfTheClock()
    {
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(new Script<First>(), "runs");
            services.AddHandler(new Script<Second>(), "handles");
        });
        await host.StartAsync();
        var before = host.Clock.GetTimestamp();
        await host.StopAsync();
        Assert.That(host.Clock.GetTimestamp(), Is.EqualTo(before));
    }

    [Test]
    public async Task Stop_HandlerThatObeysItsToken_EndsAtTheDrainTimeoutWithTheRestAbandoned()
    {
        var account = new Account();
        var script = new Script<First> { Handle = static async (_, _, ct) => await Task.Delay(Timeout.Infinite, ct) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first"));
        await host.StartAsync();
        Publish(host, account, 3);
        await Eventually.HoldsAsync(() => host.Snapshot("first").InFlight == 1);
        var stop = host.StopAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await stop;
        account.CountAbandoned(3);
        account.AssertBalances(host.Control, "first");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Control.GetDeadLetters("first").Select(static letter => letter.Reason), Is.All.EqualTo(DeadLetterReason.Abandoned));
            Assert.That(host.Logs.Named("MessagesAbandoned").Single().Message, Does.Contain("'first'").And.Contain("3"));
        }
    }

    [Test]
    public async Task Stop_HandlerThatIgnoresItsToken_IsAbandonedByNameAndItsLateReturnIsCounted()
    {
        var account = new Account();
        var hold = new SyncPoint();
        var script = new Script<First> { Handle = async (_, _, _) => await hold.PassAsync(CancellationToken.None) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first"));
        await host.StartAsync();
        Publish(host, account, 2);
        await hold.ReachedAsync();
        var stop = host.StopAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await stop;
        account.CountAbandoned(2);
        account.AssertBalances(host.Control, "first");
        Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain("'first'"));
        Assert.That(script.Disposed, Is.Zero, "not under code that still runs");

        hold.Release();
        account.CountLate();
        await account.BalancesAsync(host.Control, "first");
        await Eventually.HoldsAsync(() => script.Disposed == 1);
    }

    [Test]
    public async Task Stop_HandlerThatBlocksItsThread_IsAbandonedToo()
    {
        var account = new Account();
        var hold = new SyncPoint();
        var script = new Script<First>
        {
            Handle = (_, _, _) =>
            {
                hold.Pass();
                return default;
            },
        };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first"));
        await host.StartAsync();
        Publish(host, account, 2);
        await hold.ReachedAsync();
        var stop = host.StopAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await stop;
        account.CountAbandoned(2);
        account.AssertBalances(host.Control, "first");
        hold.Release();
        account.CountLate();
        await account.BalancesAsync(host.Control, "first");
    }

    [Test]
    public async Task Stop_HostsShutdownTimeout_LeavesTwoSecondsForEachThatDrainsLater()
    {
        var holds = (First: new SyncPoint(), Second: new SyncPoint());
        await using var host = TestHost.Build(services =>
        {
            services.Configure<HostOptions>(static options => options.ShutdownTimeout = TimeSpan.FromSeconds(5));
            services.AddRun(Hanging<First>(holds.First), "first");
            services.AddRun(Hanging<Second>(holds.Second), "second");
        });
        await host.StartAsync();
        var stop = host.Host.StopAsync(CancellationToken.None);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(3)); // The second: five, less two for the first.
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(2)); // The first: two in any case.
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await stop.FailureAsync();
        Assert.That(host.Logs.Named("SidecarAbandoned"), Has.Count.EqualTo(2));
        holds.First.Release();
        holds.Second.Release();

        static Script<TKey> Hanging<TKey>(SyncPoint hold) => new() { Run = async (_, _) => await hold.PassAsync(CancellationToken.None) };
    }

    [Test]
    public async Task Stop_HostsTokenCancelled_DoesNotEndTheDrain()
    {
        var account = new Account();
        var hold = new SyncPoint();
        var script = new Script<First> { Handle = account.Counting<int>(async (_, _, ct) => await hold.PassAsync(ct)) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first"));
        await host.StartAsync();
        Publish(host, account, 3);
        await hold.ReachedAsync();
        var stop = host.Host.StopAsync(new CancellationToken(canceled: true));
        await host.StateAsync("first", SidecarState.Draining);
        hold.Release();
        await stop.FailureAsync();
        account.AssertBalances(host.Control, "first");
        Assert.That(account.Handled, Is.EqualTo(3));
    }

    [Test]
    public async Task Stop_PublishersWaitingOnAFullQueue_AreTold()
    {
        var account = new Account();
        var hold = new SyncPoint();
        var script = new Script<First> { Handle = account.Counting<int>(async (_, _, _) => await hold.PassAsync(CancellationToken.None)) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first", options => options.Capacity = 1));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 0);
        await hold.ReachedAsync();
        await account.WriteAsync(host.Writer<int>(), 1);
        var waiting = account.WriteAsync(host.Writer<int>(), 2);
        var asking = host.Writer<int>().WaitToWriteAsync().AsTask();
        var stop = host.StopAsync();
        Assert.That(await waiting.FailureAsync(), Is.TypeOf<ChannelClosedException>());
        Assert.That(await asking.InTime(), Is.False);
        hold.Release();
        await stop;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.TryWrite(host.Writer<int>(), 3), Is.False);
            Assert.That(account.Publish(host.Writer<int>(), 4).ToString(), Is.EqualTo("Rejected(Stopped)"));
        }

        account.AssertBalances(host.Control, "first");
        Assert.That(account.Handled, Is.EqualTo(2));
    }

    [Test]
    public async Task StopAndDispose_AgainAndInAnyOrder_DoNothingMore()
    {
        var script = new Script<First>();
        await using var host = TestHost.Build(services => services.AddRun(script, "first"));
        await host.StartAsync();
        await host.StopAsync();
        await host.StopAsync();
        await host.DisposeAsync();
        host.Host.Dispose();
        Assert.That(script.Disposed, Is.EqualTo(1));
    }

    [Test]
    public async Task StopAndDispose_WithoutAStart_DoNothing()
    {
        var script = new Script<First>();
        await using var host = TestHost.Build(services => services.AddRun(script, "first"));
        await host.StopAsync();
        await host.DisposeAsync();
        Assert.That(script.Created, Is.Zero);
        Assert.That(host.Logs.Entries.Where(static entry => entry.Category.StartsWith("SidecarPatterns", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Dispose_WithoutAStop_EndsAtOnceWithTheRestAbandonedAndNoHandlerStarted()
    {
        var account = new Account();
        var calls = 0;
        var entered = new SyncPoint();
        var script = new Script<First>
        {
            Handle = async (_, _, ct) =>
            {
                Interlocked.Increment(ref calls);
                _ = entered.PassAsync(CancellationToken.None);
                await Task.Delay(Timeout.Infinite, ct);
            },
        };
        var host = TestHost.Build(services => services.AddHandler(script, "first"));
        await host.StartAsync();
        var control = host.Control;
        Publish(host, account, 3);
        await entered.ReachedAsync();
        entered.Release();
        await host.DisposeAsync();
        account.CountAbandoned(3);
        account.AssertBalances(control, "first");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(calls, Is.EqualTo(1));
            Assert.That(host.Logs.Named("SidecarAbandoned"), Is.Empty, "the call was cancelled, and ended");
            Assert.That(host.Logs.Named("DisposedWithoutStop").Single().Message, Does.Contain("'first'").And.Contain("3"));
        }
    }

    [Test]
    public async Task Stop_WhileItIsDrainedByControl_EndsWithThatAndIsToldOnce()
    {
        var account = new Account();
        var hold = new SyncPoint();
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecar<int>("first", async (_, _, _) => await hold.PassAsync(CancellationToken.None));
            services.AddRun(new Script<Second>(), "second");
        });
        await host.StartAsync();
        Publish(host, account, 2);
        await hold.ReachedAsync();
        var drain = host.Control.DrainAsync("first");
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(10));

        var stop = host.StopAsync();
        await host.StateAsync("second", SidecarState.Stopped); // The first is next.
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await Task.WhenAll(drain, stop).InTime();

        account.CountAbandoned(2);
        account.AssertBalances(host.Control, "first");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("SidecarAbandoned"), Has.Count.EqualTo(1));
            Assert.That(host.Logs.Named("MessagesAbandoned"), Has.Count.EqualTo(1));
        }

        hold.Release();
        account.CountLate();
        await account.BalancesAsync(host.Control, "first");
    }

    [Test]
    public async Task Drain_AfterOneThatAbandonedMessagesToo_TellsOfItsOwnAlone([Values] bool byDisposal)
    {
        var account = new Account();
        var script = new Script<First> { Handle = static async (_, _, ct) => await Task.Delay(Timeout.Infinite, ct) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first"));
        var control = host.Control;
        await host.StartAsync();
        Publish(host, account, 3);
        await DrainAsync();
        await control.RestartAsync("first").InTime();
        Publish(host, account, 1);

        await (byDisposal ? host.DisposeAsync().AsTask() : DrainAsync());

        account.CountAbandoned(4);
        account.AssertBalances(control, "first");
        var told = host.Logs.Named(byDisposal ? "DisposedWithoutStop" : "MessagesAbandoned");
        Assert.That(told[^1].Message, Does.Contain(" 1 message(s)"));

        async Task DrainAsync()
        {
            await Eventually.HoldsAsync(() => control.GetSnapshot("first").InFlight == 1);
            var drain = control.DrainAsync("first");
            await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
            await drain.InTime();
        }
    }

    private static void Publish(TestHost host, Account account, int count)
    {
        for (var message = 0; message < count; message++)
        {
            Assert.That(account.TryWrite(host.Writer<int>(), message), Is.True);
        }
    }
}
