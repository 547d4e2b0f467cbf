using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Sidecars.Faults;

/// <summary>Groups whose restart does not go as it should.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class GroupFaultTests
{
    private Trio _trio = null!;

    [SetUp]
    public void Create() => _trio = new Trio();

    [TestCase(SidecarGroupStrategy.RestForOne, "-first -third -second +first +second +third")]
    [TestCase(SidecarGroupStrategy.OneForAll, "-first -third -second +first -first +first +second +third")]
    public async Task Restart_AConstructorThrows_IsAnotherFailureAndTriedAgain(SidecarGroupStrategy strategy, string expected)
    {
        await using var host = _trio.Build(strategy);
        await Trio.StartAsync(host);
        _trio.Second.Create = () =>
        {
            if (_trio.Second.Created == 2)
            {
                throw new IOException("not now");
            }
        };
        _trio.Fail("first");
        await Trio.PassDelayAsync(host, 1);
        await Trio.PassDelayAsync(host, 2); // The second one failed: the third did not start.
        await _trio.WroteAsync(from: 3, expected);
        await host.StateAsync("third", SidecarState.Ready);
        Assert.That(host.Snapshot("second").LastError, Has.Message.EqualTo("not now"));
    }

    [Test]
    public async Task Restart_AConstructorThrowsEachTime_EscalatesAndTheRestStaysDown()
    {
        await using var host = _trio.Build(SidecarGroupStrategy.RestForOne, static group => group.MaxRestarts = 3);
        await Trio.StartAsync(host);
        var cause = new IOException("never again");
        _trio.Second.Create = () => throw cause;
        _trio.Fail("first");
        foreach (var seconds in (double[])[1, 2, 4])
        {
            await Trio.PassDelayAsync(host, seconds);
        }

        Assert.That(await host.Host.WaitForShutdownFailureAsync(), Is.SameAs(cause));
        Assert.That(_trio.Third.Created, Is.EqualTo(1));
        Assert.That(Trio.Names.Select(name => host.Snapshot(name).State), Is.All.EqualTo(SidecarState.Failed));
    }

    [Test]
    public async Task Restart_AMemberIsNotReadyInTime_DoesNotHoldTheRestForEver()
    {
        var signals = true;
        _trio.First.Run = (context, ct) =>
        {
            if (Volatile.Read(ref signals))
            {
                context.SignalReady();
            }

            return Script.UntilCancelledAsync(ct);
        };
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll, configure: static (name, options) => options.WaitForSignal = name == "first");
        await Trio.StartAsync(host);
        Volatile.Write(ref signals, false);
        _trio.Fail("third");
        await Trio.PassDelayAsync(host, 1);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(30));
        await host.StateAsync("second", SidecarState.Ready);
        await host.StateAsync("third", SidecarState.Ready);
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Restarting));
        await host.StopAsync();
    }

    [Test]
    public async Task StandDown_MessageInFlight_SettlesFirstAndTheQueueIsKept()
    {
        var account = new Account();
        var hold = new SyncPoint();
        await using var host = BuildPair(account.Counting<int>(async (message, _, ct) =>
        {
            if (message == 0)
            {
                await hold.PassAsync(ct);
            }
        }));
        await host.StartAsync();
        Publish(host, account, 5);
        await hold.ReachedAsync();
        _trio.Fail("first");
        await host.StateAsync("first", SidecarState.Restarting);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(10)); // It is waited for.
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(5));
        account.AssertBalances(host.Control, "writer", queued: 4, inFlight: 1);
        Assert.That(_trio.First.Created, Is.EqualTo(1));

        hold.Release();
        await account.BalancesAsync(host.Control, "writer");
        await _trio.WroteAsync(from: 1, "-first +first");
        Assert.That(host.Snapshot("writer").Incarnation, Is.EqualTo(2));
        Assert.That(account.Handled, Is.EqualTo(5));
    }

    [Test]
    public async Task StandDown_AHandlerHangs_IsInterruptedAfterItsTimeAndTheGroupGoesOn()
    {
        var account = new Account();
        var hold = new SyncPoint();
        await using var host = BuildPair(
            async (message, _, _) =>
            {
                if (message == 0)
                {
                    await hold.PassAsync(CancellationToken.None);
                    account.CountLate();
                    return;
                }

                account.CountHandled();
            },
            static options => options.HandlerTimeout = TimeSpan.FromHours(1));
        await host.StartAsync();
        Publish(host, account, 3);
        await hold.ReachedAsync();
        _trio.Fail("first");
        await host.StateAsync("first", SidecarState.Restarting);
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMinutes(1), () => host.Snapshot("writer").Incarnation == 2);
        account.CountDeadLettered();
        await account.BalancesAsync(host.Control, "writer");
        await _trio.WroteAsync(from: 1, "-first +first");
        hold.Release();
        await Eventually.HoldsAsync(() => host.Snapshot("writer").Late == 1);
        await account.BalancesAsync(host.Control, "writer");
    }

    [Test]
    public async Task StandDown_ARunIgnoresItsToken_IsGivenUpOn()
    {
        var hold = new SyncPoint();
        var run = _trio.Third.Run;
        _trio.Third.Run = async (context, ct) =>
        {
            await run(context, ct);
            if (context.Incarnation == 1)
            {
                await hold.PassAsync(CancellationToken.None);
            }
        };
        await using var host = _trio.Build(SidecarGroupStrategy.RestForOne, configure: static (name, options) =>
            options.DrainTimeout = TimeSpan.FromSeconds(name == "third" ? 10 : 5)); // Ten are the third's alone.
        await Trio.StartAsync(host);
        _trio.Fail("second");
        await hold.ReachedAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(10));
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await _trio.WroteAsync(from: 3, "-second -third +second +third");
        hold.Release();
        await host.StopAsync();
    }

    [Test]
    public async Task StandDown_ADisposalHangs_IsLeftAndTheGroupGoesOn()
    {
        var hold = new SyncPoint();
        _trio.Third.Dispose = () => _trio.Third.Created == 1 ? hold.PassAsync() : Task.CompletedTask;
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll);
        await Trio.StartAsync(host);
        _trio.Fail("first");
        await hold.ReachedAsync();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => host.Logs.Named("DisposeHangs").Count == 1);
        await _trio.WroteAsync(from: 3, "-first -third -second +first +second +third");
        hold.Release();
        await host.StopAsync();
    }

    [Test]
    public async Task StandDown_AFirstStartHangs_TheGroupGoesOnWithoutItAndItFollowsWhenItCan()
    {
        var hold = new SyncPoint();
        var script = new Script<Second> { Start = (context, _) => context.Incarnation == 1 ? hold.PassAsync(CancellationToken.None) : Task.CompletedTask };
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecarGroup("pair", SidecarGroupStrategy.OneForAll);
            services.AddRun(_trio.First, "first").InGroup("pair");
            services.AddStartupRun(script, "second", static options => options.Critical = false).InGroup("pair");
        });
        await host.StartAsync();
        await hold.ReachedAsync();
        _trio.Fail("first");
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => host.Logs.Named("GroupMemberHangs").Count == 1);
        await _trio.WroteAsync(from: 1, "-first +first");
        hold.Release();
        await host.StateAsync("second", SidecarState.Ready);
        Assert.That(script.Created, Is.EqualTo(2), "what began before the restart is not kept");
        await host.StopAsync();
    }

    [Test]
    public async Task StandDown_AMemberIsJustBeingMade_LeavesAtOnceAndTheGroupGoesOn()
    {
        var making = new SyncPoint();
        _trio.Second.Create = () =>
        {
            if (_trio.Second.Created == 2)
            {
                making.Pass();
            }
        };
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll, configure: static (name, options) =>
            options.DrainTimeout = TimeSpan.FromSeconds(name == "second" ? 10 : 5)); // So that the group's wait for the second can be told from the others.
        await Trio.StartAsync(host);
        var restart = host.Control.RestartAsync("second");
        await making.ReachedAsync();
        _trio.Fail("first");
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(21)); // The group waits for the second.

        making.Release();
        await Trio.PassDelayAsync(host, 1);
        await restart.InTime();

        await Trio.AllAsync(host, SidecarState.Ready);

        Assert.That(Trio.Names.Select(name => host.Snapshot(name).Incarnation), Is.EqualTo([2, 3, 2]));
        Assert.That(host.Logs.Named("GroupMemberHangs"), Is.Empty);
    }

    [Test]
    public async Task HostStops_DuringTheDelay_NobodyIsStartedAgainAndTheQueueDrains()
    {
        var account = new Account();
        await using var host = BuildPair(account.Counting<int>(static _ => { }));
        await host.StartAsync();
        _trio.Fail("first");
        await host.StateAsync("writer", SidecarState.Restarting);
        await Eventually.HoldsAsync(() => host.Clock.Armed.Count == 1); // Stood down; the delay is left.
        Publish(host, account, 3);
        account.AssertBalances(host.Control, "writer", queued: 3);
        await host.StopAsync();
        account.AssertBalances(host.Control, "writer");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.Handled, Is.EqualTo(3));
            Assert.That(_trio.First.Created, Is.EqualTo(1));
            Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Snapshot("writer").State, Is.EqualTo(SidecarState.Stopped));
        }
    }

    [Test]
    public async Task HostStops_WhileAMemberStandsDown_EachStillDrains()
    {
        var account = new Account();
        var hold = new SyncPoint();
        await using var host = BuildPair(account.Counting<int>(async (_, _, ct) => await hold.PassAsync(ct)));
        await host.StartAsync();
        Publish(host, account, 3);
        await hold.ReachedAsync();
        _trio.Fail("first");
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(10));
        var stop = host.StopAsync();
        await host.StateAsync("writer", SidecarState.Draining);
        hold.Release();
        await stop;
        account.AssertBalances(host.Control, "writer");
        Assert.That(account.Handled, Is.EqualTo(3));
        Assert.That(_trio.First.Created, Is.EqualTo(1));
    }

    [Test]
    public async Task HostStops_WhileAMemberComesUp_EndsInOrder()
    {
        var hold = new SyncPoint();
        var script = new Script<Third> { Start = (context, ct) => context.Incarnation == 1 ? Task.CompletedTask : hold.PassAsync(ct) };
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecarGroup("pair", SidecarGroupStrategy.OneForAll);
            services.AddStartupRun(script, "slow").InGroup("pair");
            services.AddRun(_trio.First, "first").InGroup("pair");
        });
        await host.StartAsync();
        _trio.Fail("first");
        await Trio.PassDelayAsync(host, 1);
        await hold.ReachedAsync();
        await host.StopAsync();
        Assert.That(host.Snapshot("slow").State, Is.EqualTo(SidecarState.Stopped));
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Stopped));
        await _trio.WroteAsync(from: 1, "-first");
    }

    [Test]
    public async Task HostIsDisposedOf_DuringTheDelay_NobodyIsStartedAgain()
    {
        await using (var host = _trio.Build(SidecarGroupStrategy.OneForAll))
        {
            await Trio.StartAsync(host);
            _trio.Fail("first");
            await host.StateAsync("second", SidecarState.Restarting);
        }

        Assert.That(_trio.Journal.Lines, Has.Count.LessThanOrEqualTo(6));
        Assert.That(_trio.Journal.Lines.Skip(3), Has.None.StartsWith("+"));
    }

    [Test]
    public async Task Fails_WhileTheHostStops_ItsMessagesStillDrain()
    {
        var account = new Account();
        TestHost? started = null;
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecarGroup("pair", SidecarGroupStrategy.OneForAll);
            services.AddRun(_trio.First, "first").InGroup("pair");
            services.AddSidecar("writer", account.Counting<int>(static _ => { })).InGroup("pair");
            services.AddSingleton<IHostedService>(new JournalService(new Journal())
            {
                OnPhase = async (phase, _) =>
                {
                    if (phase == "stop")
                    {
                        _trio.Fail("first");
                        await started!.StateAsync("first", SidecarState.Restarting);
                        Publish(started, account, 3);
                    }
                },
            });
        });
        started = host;
        await host.StartAsync();
        await host.StopAsync();
        account.AssertBalances(host.Control, "writer");
        Assert.That(account.Handled, Is.EqualTo(3));
        Assert.That(host.Snapshot("writer").Incarnation, Is.EqualTo(1), "nobody stands down for a restart that does not come");
    }

    [Test]
    public async Task Fails_AtRandomUnderLoad_LosesNothingAndEndsInOrder([Values] SidecarGroupStrategy strategy)
    {
        var account = new Account();
        var random = new Random(17);
        await using var host = TestHost.BuildOnSystemClock(services =>
        {
            services.AddSidecarGroup("trio", strategy, static options =>
            {
                options.RestartDelay = TimeSpan.Zero;
                options.MaxRestarts = 1_000_000;
            });
            foreach (var name in (string[])["a", "b"])
            {
                services.AddSidecar<Flaky>(name).InGroup("trio");
            }

            services.AddSidecar("writer", account.Counting<int>(static _ => { })).InGroup("trio");
            services.AddSidecar<Flaky>("c").InGroup("trio");
        });
        await host.StartAsync();
        for (var message = 0; message < 5_000; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message).InTime();
            if (random.Next(10) == 0)
            {
                await Task.Yield();
            }
        }

        await Eventually.HoldsAsync(() => host.Snapshot("a").Restarts > 20 && host.Snapshot("c").Restarts > 20);
        var failure = await host.StopAsync().FailureAsync();
        Assert.That(failure, Is.Null.Or.InstanceOf<IOException>().Or.InstanceOf<AggregateException>(), "one may fail as it is told to stop");
        account.AssertBalances(host.Control, "writer");
        Assert.That(account.Handled, Is.EqualTo(5_000));
        Assert.That(host.Control.GetSnapshots().Select(static snapshot => snapshot.State), Is.All.EqualTo(SidecarState.Stopped));
    }

    private static void Publish(TestHost host, Account account, int count)
    {
        for (var message = 0; message < count; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }
    }

    private TestHost BuildPair(Func<int, SidecarContext, CancellationToken, ValueTask> handler, Action<SidecarOptions>? configure = null) =>
        TestHost.Build(services =>
        {
            services.AddSidecarGroup("pair", SidecarGroupStrategy.OneForAll);
            services.AddRun(_trio.First, "first", static options => options.DrainTimeout = TimeSpan.FromSeconds(5)).InGroup("pair"); // Ten are the writer's alone.
            services.AddSidecar("writer", handler, configure).InGroup("pair");
        });

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Flaky : ISidecar, ISidecarStartup
    {
        public ValueTask StartAsync(SidecarContext context, CancellationToken ct) =>
            context.Incarnation % 7 == 6 ? throw new IOException("not ready") : default;

        public async Task RunAsync(SidecarContext context, CancellationToken ct)
        {
            await Task.Delay(1 + (context.Incarnation % 3), ct);
            throw new IOException("broken");
        }
    }
}
