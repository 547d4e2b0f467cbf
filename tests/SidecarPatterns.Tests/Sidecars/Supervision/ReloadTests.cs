using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>Options that change while the sidecar runs, by its configuration.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ReloadTests
{
    private const string Name = "sidecar";

    private static readonly TimeSpan Long = TimeSpan.FromDays(40);

    private Account _account = null!;
    private ReloadableConfiguration _configuration = null!;
    private ConcurrentDictionary<int, SyncPoint> _held = null!;
    private ConcurrentQueue<int> _begun = null!;

    [SetUp]
    public void Create()
    {
        _account = new Account();
        _configuration = new ReloadableConfiguration();
        _held = new ConcurrentDictionary<int, SyncPoint>();
        _begun = new ConcurrentQueue<int>();
    }

    [Test]
    public async Task Concurrency_Up_BeginsMoreAtATimeWithTheSameInstance([Values(1, 2)] int before, [Values] bool keyed)
    {
        await using var host = await StartAsync(keyed, before);
        await PublishAsync(host, 12);
        await BegunAsync(before);

        Change("Concurrency", "5");
        if (before == 1 && !keyed)
        {
            _held[0].Release(); // The only lane there is takes from the queue itself: it ends its message first.
            await BegunAsync(6);
            Assert.That(host.Snapshot(Name).InFlight, Is.EqualTo(5));
        }

        await BegunAsync(before == 1 && !keyed ? 6 : 5);
        ReleaseAll(12);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_begun.Order(), Is.EqualTo(Enumerable.Range(0, 12)));
        Assert.That(host.Snapshot(Name), Has.Property("Incarnation").EqualTo(1).And.Property("Restarts").Zero.And.Property("State").EqualTo(SidecarState.Ready));
    }

    [Test]
    public async Task Concurrency_UpFromOne_TheInstanceIsDisposedOfAtTheEndAloneAndARestartReplacesIt()
    {
        var script = new Script<First> { Handle = _account.Counting<int>(_begun.Enqueue) };
        await using var host = _configuration.BuildHost(services => services.AddHandler(script, Name));
        await host.StartAsync();

        Change("Concurrency", "3");
        await PublishAsync(host, 3);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That((script.Created, script.Disposed), Is.EqualTo((1, 0)), "the same one goes on");

        await host.Control.RestartAsync(Name).InTime();
        Assert.That((script.Created, script.Disposed), Is.EqualTo((2, 1)));
        await host.StopAsync();
        Assert.That(script.Disposed, Is.EqualTo(2));
    }

    [Test]
    public async Task Options_OfASidecarThatJustRuns_ChangeWithoutARestart()
    {
        var script = new Script<First>();
        await using var host = _configuration.BuildHost(services => services.AddRun(script, Name));
        await host.StartAsync();

        Change("DrainTimeout", "00:00:03");

        await host.LoggedAsync("OptionsChanged");
        await host.StopAsync();
        Assert.That((script.Created, host.Snapshot(Name).Incarnation), Is.EqualTo((1, 1)));
        Assert.That(
            host.Logs.Named("StateChanged").Select(static entry => entry.Message), Has.None.Contains("Restarting").And.Exactly(1).Contains("to Stopped"));
    }

    [Test]
    public async Task MaxRestarts_Changed_HoldsForTheNextFailure()
    {
        var script = new Script<First> { Run = static (_, _) => Task.FromException(new FormatException("No more.")) };
        await using var host = _configuration.BuildHost(services => services.AddRun(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2)); // The first failure was one of five.

        Change("MaxRestarts", "1");
        await host.Clock.PassFirstRestartDelayAsync();

        await host.StateAsync(Name, SidecarState.Failed);
        Assert.That(script.Created, Is.EqualTo(2));
    }

    [Test]
    public async Task Concurrency_Down_BeginsFewerAtATime([Values] bool keyed, [Values(1, 2)] int after)
    {
        await using var host = await StartAsync(keyed, concurrency: 4);
        await PublishAsync(host, 12);
        await BegunAsync(4);

        Change("Concurrency", $"{after}");
        for (var message = 0; message < 4; message++)
        {
            _held[message].Release();
        }

        await BegunAsync(4 + after);
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Handled == 4);
        Assert.That(host.Snapshot(Name), Has.Property("InFlight").EqualTo(after).And.Property("Queued").EqualTo(8 - after));
        ReleaseAll(12);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Concurrency_UpAgainBeforeLanesHaveLeft_BeginsAsManyMore([Values] bool keyed)
    {
        await using var host = await StartAsync(keyed, concurrency: 4);
        await PublishAsync(host, 12);
        await BegunAsync(4);

        Change("Concurrency", "2");
        Change("Concurrency", "4");

        await BegunAsync(6);
        ReleaseAll(12);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Concurrency_UpWhileARestartWaits_HoldsForTheNextIncarnation([Values] bool keyed)
    {
        await using var host = await StartAsync(keyed, concurrency: 2);
        await PublishAsync(host, 12);
        await BegunAsync(2);
        var restart = host.Control.RestartAsync(Name);

        Change("Concurrency", "4");
        _held[0].Release();
        _held[1].Release();
        await restart.InTime();

        await BegunAsync(6);
        Assert.That(host.Snapshot(Name), Has.Property("Incarnation").EqualTo(2).And.Property("InFlight").EqualTo(4));
        ReleaseAll(12);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Concurrency_UpAndDownUnderLoad_LosesNothingAndKeepsTheOrderOfKeys([Values] bool keyed)
    {
        const int Count = 20_000;
        var last = new ConcurrentDictionary<int, int>();
        var disorder = 0;
        await using var host = _configuration.BuildHost(services =>
        {
            var builder = services.AddSidecar(Name, _account.Counting<int>(async (message, _, _) =>
            {
                if (message % 5 == 0)
                {
                    await Task.Yield();
                }

                if (last.AddOrUpdate(message % 7, message, (_, before) => Math.Max(before, message)) != message)
                {
                    Interlocked.Increment(ref disorder);
                }
            }));
            _ = keyed ? builder.PartitionBy(static message => message % 7) : builder;
        });
        await host.StartAsync();

        var changes = Task.Run(() =>
        {
            for (var round = 0; round < 200; round++)
            {
                Change("Concurrency", (1 + (round * 7 % 6)).ToString(CultureInfo.InvariantCulture));
            }
        });
        for (var message = 0; message < Count; message++)
        {
            await _account.WriteAsync(host.Writer<int>(), message);
        }

        await changes.InTime();
        await host.StopAsync();
        _account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_account.Handled, Is.EqualTo(Count));
            Assert.That(keyed ? disorder : 0, Is.Zero);
        }
    }

    [Test]
    public async Task Concurrency_ChangesWhilePaused_StaysPaused([Values(1, 3)] int before)
    {
        await using var host = await StartAsync(keyed: false, before);
        host.Control.Pause(Name);
        await PublishAsync(host, 10);

        Change("Concurrency", "4");
        await _account.BalancesAsync(host.Control, Name, queued: 10);
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Paused));
        await host.Control.RestartAsync(Name).InTime(); // What had begun would be waited for.
        _account.AssertBalances(host.Control, Name, queued: 10);
        host.Control.Resume(Name);

        await BegunAsync(4);
        ReleaseAll(10);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Concurrency_ChangesWhileStopping_DrainsEverything([Values(1, 3)] int before)
    {
        await using var host = await StartAsync(keyed: false, before);
        await PublishAsync(host, 10);
        await BegunAsync(before);
        Change("Concurrency", "4");

        var stop = host.StopAsync();
        await host.StateAsync(Name, SidecarState.Draining);
        Change("Concurrency", "2");
        ReleaseAll(10);
        await stop;

        _account.AssertBalances(host.Control, Name);
        Assert.That(_account.Handled, Is.EqualTo(10));
    }

    [Test]
    public async Task Concurrency_UpWhileStopping_AddsNoLanes()
    {
        await using var host = await StartAsync(keyed: false, concurrency: 2);
        await PublishAsync(host, 10);
        await BegunAsync(2);
        var stop = host.StopAsync();
        await host.StateAsync(Name, SidecarState.Draining);

        Change("Concurrency", "4");
        _held[0].Release();

        await BegunAsync(3);
        Assert.That(host.Snapshot(Name).InFlight, Is.EqualTo(2));
        ReleaseAll(10);
        await stop;
        _account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Concurrency_UpBeforeTheSignalIsGiven_IsNotReadyForThat()
    {
        await using var host = _configuration.BuildHost(services => services.AddSidecar(
            Name,
            _account.Counting<int>((message, context, _) =>
            {
                if (message == 1)
                {
                    context.SignalReady();
                }

                return default;
            }),
            static options => (options.WaitForSignal, options.Critical) = (true, false)));
        await host.StartAsync();
        await PublishAsync(host, 1);
        await _account.BalancesAsync(host.Control, Name);

        Change("Concurrency", "3");
        await Eventually.HoldsAsync(() => host.Worker<LaneWorker<int>>(Name).Intake is { Lanes.Count: 3 }, "there are three lanes");
        await PublishAsync(host, 1, first: 2);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Starting));

        await PublishAsync(host, 1, first: 1);

        await host.StateAsync(Name, SidecarState.Ready);
    }

    [Test]
    public async Task Concurrency_ChangesBeforeARestart_HoldsForTheNextIncarnation()
    {
        await using var host = await StartAsync(keyed: false, concurrency: 1);
        await PublishAsync(host, 10);
        await BegunAsync(1);
        Change("Concurrency", "3");
        var restart = host.Control.RestartAsync(Name);
        _held[0].Release();
        await restart.InTime();

        await BegunAsync(4);
        ReleaseAll(10);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(2));
    }

    [Test]
    public async Task HandlerTimeout_SetChangedAndRemoved_HoldsFromTheNextMessageOn()
    {
        await using var host = await StartAsync(keyed: false, concurrency: 1, heedsToken: true);
        foreach (var (message, timeout) in new[] { (0, "00:00:05"), (1, "00:00:07") })
        {
            Change("HandlerTimeout", timeout);
            await PublishAsync(host, 1, message);
            await BegunAsync(message + 1);
            await host.Clock.PassAsync(TimeSpan.Parse(timeout, CultureInfo.InvariantCulture));
            await _account.BalancesAsync(host.Control, Name);
        }

        Change("HandlerTimeout", null);
        await PublishAsync(host, 1, 2);
        await BegunAsync(3);
        Assert.That(host.Clock.Armed, Is.Empty);
        ReleaseAll(3);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => letter.Reason), Is.All.EqualTo(DeadLetterReason.HandlerTimeout));
    }

    [Test]
    public async Task MaxAttempts_SetWhileAMessageIsInFlight_HoldsForItToo()
    {
        var attempts = 0;
        await using var host = _configuration.BuildHost(services => services.AddSidecar<int>(Name, async (message, _, ct) =>
        {
            if (++attempts == 1)
            {
                await Held(message).PassAsync(ct);
                throw new InvalidOperationException("The first attempt fails.");
            }

            _account.CountHandled();
        }));
        await host.StartAsync();
        await PublishAsync(host, 1);
        await Held(0).ReachedAsync();

        _configuration.Change(($"Sidecars:{Name}:MaxAttempts", "2"), ($"Sidecars:{Name}:RetryDelay", "39.00:00:00"), ($"Sidecars:{Name}:MaxRetryDelay", "40.00:00:00"));
        Held(0).Release();
        await host.Clock.AdvanceAsync(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(2), Long));

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(attempts, Is.EqualTo(2));
    }

    [Test]
    public async Task MaxAttempts_TurnedOffWhileARetryWaits_TheFreshLanesKnowItsAttempts()
    {
        var attempts = new ConcurrentQueue<int>();
        _configuration.Change(($"Sidecars:{Name}:MaxAttempts", "3"), ($"Sidecars:{Name}:RetryDelay", "39.00:00:00"), ($"Sidecars:{Name}:MaxRetryDelay", "40.00:00:00"));
        await using var host = _configuration.BuildHost(services => services.AddSidecar<int>(Name, (_, context, _) =>
        {
            attempts.Enqueue(context.Attempt);
            throw new InvalidOperationException("It always fails.");
        }).PartitionBy(static message => message));
        await host.StartAsync();
        await PublishAsync(host, 1);
        var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(2), Long);

        Change("MaxAttempts", "1");
        await host.Control.RestartAsync(Name).InTime();
        await host.Clock.AdvanceAsync(delay);

        _account.CountDeadLettered();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(attempts, Is.EqualTo([1, 2]));
        Assert.That(host.Control.GetDeadLetters(Name).Single().Attempts, Is.EqualTo(2));
    }

    [Test]
    public async Task MaxAttempts_Changed_TheLanesKnowTheAttemptsOfWhatWaitsForARetry([Values("1", "2")] string before)
    {
        var attempts = new ConcurrentQueue<int>();
        Change("MaxAttempts", before);
        await using var host = _configuration.BuildHost(services => services.AddSidecar<int>(Name, (_, context, _) =>
        {
            attempts.Enqueue(context.Attempt);
            throw new InvalidOperationException("It always fails.");
        }).PartitionBy(static message => message));
        await host.StartAsync();

        Change("MaxAttempts", "3");
        await host.Control.RestartAsync(Name).InTime();
        await PublishAsync(host, 1);
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromHours(1), () => attempts.Count == 3);

        _account.CountDeadLettered();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(attempts, Is.EqualTo([1, 2, 3]));
    }

    [Test]
    public async Task MaxRate_SetAndRemoved_HoldsFromTheNextMessageOn()
    {
        await using var host = await StartAsync(keyed: false, concurrency: 1, holds: false);
        Change("MaxRate", "0.1");
        await PublishAsync(host, 4);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(10));
        await _account.BalancesAsync(host.Control, Name, queued: 3);

        Change("MaxRate", "1");
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await _account.BalancesAsync(host.Control, Name, queued: 2);
        Change("MaxRate", null);
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => _account.Handled == 4);

        await PublishAsync(host, 100, 4);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task MaxRate_AnotherOptionChanges_KeepsItsPace()
    {
        var begun = new ConcurrentQueue<DateTimeOffset>();
        _configuration.Change(($"Sidecars:{Name}:MaxRate", "0.01"));
        await using var host = _configuration.BuildHost(services => services.AddSidecar(
            Name, _account.Counting<int>((_, context, _) =>
            {
                begun.Enqueue(context.TimeProvider.GetUtcNow());
                return default;
            })));
        await host.StartAsync();
        await PublishAsync(host, 1);
        await _account.BalancesAsync(host.Control, Name);

        Change("MaxAttempts", "2");
        await PublishAsync(host, 1, first: 1);

        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(10), () => begun.Count == 2);
        Assert.That(begun.Last() - begun.First(), Is.GreaterThan(TimeSpan.FromSeconds(90)), "one in a hundred seconds");
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task MaxRate_RemovedWhileAMessageWaitsForItsTurn_LetsItBeginAtOnce([Values(1, 3)] int concurrency)
    {
        await using var host = await StartAsync(keyed: false, concurrency, holds: false);
        Change("MaxRate", "0.001");
        await PublishAsync(host, 8);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(1000));
        await _account.BalancesAsync(host.Control, Name, queued: 7);

        Change("MaxRate", null);

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_account.Handled, Is.EqualTo(8));
    }

    [Test]
    public async Task MaxAge_Set_HoldsForMessagesThatArePublishedFromThenOn([Values] bool twice)
    {
        await using var host = await StartAsync(keyed: false, concurrency: 1, holds: false);
        Change("MaxAge", "00:00:10");
        if (twice)
        {
            Change("MaxAge", "00:00:09");
        }

        host.Control.Pause(Name);
        await PublishAsync(host, 2);
        host.Clock.Advance(TimeSpan.FromSeconds(11));
        host.Control.Resume(Name);

        _account.CountDeadLettered(2);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => letter.Reason), Is.All.EqualTo(DeadLetterReason.Expired));
    }

    [Test]
    public async Task BatchSize_Changed_HoldsFromTheNextBatchOn()
    {
        var sizes = new ConcurrentQueue<int>();
        Change("BatchSize", "10");
        await using var host = _configuration.BuildHost(services =>
        {
            services.AddSingleton(new Sizes(size =>
            {
                sizes.Enqueue(size);
                for (var i = 0; i < size; i++)
                {
                    _account.CountHandled();
                }
            }));
            services.AddBatchSidecar<Sizes, int>(Name);
        });
        await host.StartAsync();
        await PublishAsync(host, 10);
        await _account.BalancesAsync(host.Control, Name);

        Change("BatchSize", "3");
        await PublishAsync(host, 9, 10);
        await _account.BalancesAsync(host.Control, Name);

        Assert.That(sizes, Is.EqualTo([10, 3, 3, 3]));
    }

    [TestCase("10", "1")]
    [TestCase("2", "10")]
    public async Task BatchSize_OtherThanThatOfTheBatchInFlight_TheAccountShowsAllOfIt(string before, string after)
    {
        var held = new SyncPoint();
        Change("BatchSize", before);
        await using var host = _configuration.BuildHost(services =>
        {
            services.AddSingleton(new Sizes(size =>
            {
                held.Pass();
                for (var i = 0; i < size; i++)
                {
                    _account.CountHandled();
                }
            }));
            services.AddBatchSidecar<Sizes, int>(Name);
        });
        await host.StartAsync();
        if (before == "10")
        {
            await PublishAsync(host, 10);
            await held.ReachedAsync();
            Change("BatchSize", after);
        }
        else
        {
            Change("BatchSize", after);
            await PublishAsync(host, 10);
            await held.ReachedAsync();
        }

        _account.AssertBalances(host.Control, Name, inFlight: 10);
        held.Release();
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task BatchSize_MoreThanTheQueueHolds_ChangesNothingAndIsShown()
    {
        var sizes = new ConcurrentQueue<int>();
        Change("BatchSize", "3");
        await using var host = _configuration.BuildHost(services =>
        {
            services.AddSingleton(new Sizes(sizes.Enqueue));
            services.AddBatchSidecar<Sizes, int>(Name, static options => options.Capacity = 50);
        });
        await host.StartAsync();
        Change("BatchSize", "51");
        await PublishAsync(host, 6);

        await Eventually.HoldsAsync(() => sizes.Count == 2);
        Assert.That(sizes, Is.EqualTo([3, 3]));
        Assert.That(
            host.Snapshot(Name).OptionsError, Does.Contain("Sidecars:sidecar:BatchSize is 51; allowed is a whole number from 1 to Capacity, which is 50"));
    }

    [Test]
    public async Task WrongValue_ChangesNothingAndIsShownUntilItIsMended()
    {
        await using var host = await StartAsync(keyed: false, concurrency: 1, holds: false);
        _configuration.Change(($"Sidecars:{Name}:Concurrency", "0"), ($"Sidecars:{Name}:MaxRate", "0.001"));
        _configuration.Change();
        await PublishAsync(host, 3);
        await _account.BalancesAsync(host.Control, Name);

        const string Problem = "Sidecars:sidecar:Concurrency is 0; allowed is a whole number from 1 to 1,024.";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot(Name).OptionsError, Is.EqualTo(Problem));
            Assert.That(host.Logs.Named("OptionsRefused").Single(), Has.Property("Level").EqualTo(LogLevel.Error).And.Property("Message").Contains(Problem));
        }

        Change("Concurrency", null);
        Assert.That(host.Snapshot(Name).OptionsError, Is.Null);
        Assert.That(host.Logs.Named("OptionsChanged").Single().Message, Is.EqualTo("Options of sidecar 'sidecar' have changed: MaxRate = 0.001."));
    }

    [Test]
    public async Task WrongValue_AgainAfterItWasMended_IsToldAgain()
    {
        await using var host = await StartAsync(keyed: false, concurrency: 1, holds: false);
        Change("Concurrency", "0");
        Change("Concurrency", null);
        Change("Concurrency", "0");
        Change("Concurrency", "0");

        Assert.That(host.Logs.Named("OptionsRefused"), Has.Count.EqualTo(2).And.All.Property("Message").Contains("Sidecars:sidecar:Concurrency is 0;"));
    }

    [Test]
    public async Task Group_MaxRestartsChanged_HoldsForTheNextFailureOfAMember()
    {
        await using var host = BuildGroup(out var second);
        await host.StartAsync();
        await host.StateAsync("first", SidecarState.Ready);

        _configuration.Change(("SidecarGroups:pair:MaxRestarts", "0"));
        var cause = new FormatException("No more.");
        second.SetException(cause);

        Assert.That(await host.Host.WaitForShutdownFailureAsync(), Is.SameAs(cause));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("GroupOptionsChanged").Single().Message, Is.EqualTo("Options of group 'pair' have changed: MaxRestarts = 0."));
            Assert.That(host.Snapshot("first").Restarts, Is.Zero);
        }
    }

    [Test]
    public async Task Group_WrongValue_ChangesNothingAndIsToldWheneverItIsNew()
    {
        await using var host = BuildGroup(out var second);
        await host.StartAsync();
        _configuration.Change(("SidecarGroups:pair:MaxRestarts", "-1"), ("SidecarGroups:pair:RestartDelay", "00:00:07"));
        _configuration.Change();

        Assert.That(host.Logs.Named("GroupOptionsRefused").Single().Message, Does.Contain(
            "SidecarGroups:pair:MaxRestarts is -1; allowed is a whole number from 0 to 1,000,000."));
        second.SetException(new FormatException("Once."));
        await host.Clock.PassFirstRestartDelayAsync(); // The second that it was.
        await Eventually.HoldsAsync(() => host.Snapshot("second").Restarts == 1);

        _configuration.Change(("SidecarGroups:pair:MaxRestarts", null));
        _configuration.Change(("SidecarGroups:pair:MaxRestarts", "-1"));
        Assert.That(host.Logs.Named("GroupOptionsRefused"), Has.Count.EqualTo(2));
        await host.StopAsync();
    }

    [Test]
    public async Task Group_NothingOfItChanges_NothingIsTold()
    {
        await using var host = BuildGroup(out _);
        await host.StartAsync();
        _configuration.Change(("SidecarGroups:pair:MaxRestarts", "5"));
        _configuration.Change(("Logging:LogLevel:Default", "Debug"));

        Assert.That(host.Logs.Named("GroupOptionsChanged"), Is.Empty, "five is what it was");
        await host.StopAsync();
    }

    [Test]
    public async Task FixedOption_ChangesAlongWithAnother_StaysAndTheOtherChanges()
    {
        await using var host = await StartAsync(keyed: false, concurrency: 1, holds: false);
        _configuration.Change(($"Sidecars:{Name}:Critical", "false"), ($"Sidecars:{Name}:MaxAttempts", "3"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot(Name).Critical, Is.True);
            Assert.That(host.Logs.Named("OptionsChanged").Single().Message, Is.EqualTo("Options of sidecar 'sidecar' have changed: MaxAttempts = 3."));
        }

        Change("MaxAttempts", "4");
        Assert.That(host.Snapshot(Name).Critical, Is.True);
        Assert.That(host.Logs.Named("ConfigurationProblem"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Change_OfAConfigurationThatOutlivesTheHost_IsNotFollowedOnceThatIsDisposedOf()
    {
        IConfiguration configuration = new ConfigurationBuilder().Add(_configuration).Build();
        var host = TestHost.Build(services => services.AddSingleton(configuration).AddSidecar<int>(Name, static (_, _, _) => default));
        await host.StartAsync();
        Change("Concurrency", "0");
        Assert.That(host.Logs.Named("OptionsRefused"), Has.Count.EqualTo(1));

        await host.StopAsync();
        await host.DisposeAsync();
        Change("Concurrency", "-1");

        Assert.That(host.Logs.Named("OptionsRefused"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task FixedOption_Changed_IsToldOnceAndStays()
    {
        await using var host = await StartAsync(keyed: false, concurrency: 1, holds: false);
        Change("Capacity", "5");
        Assert.That(host.Logs.Named("ConfigurationProblem"), Has.Count.EqualTo(1));
        Change("Capacity", "5");

        Assert.That(host.Logs.Named("ConfigurationProblem").Single().Message, Is.EqualTo(
            "Sidecars:sidecar:Capacity is 5 now, but can not change while the host runs: it stays 1024 until the host is started anew."));
        Assert.That(host.Snapshot(Name).Capacity, Is.EqualTo(1024));
        Assert.That(host.Logs.Named("OptionsChanged"), Is.Empty);
    }

    [Test]
    public async Task UnknownKey_ComesWhileTheHostRuns_IsToldWheneverItIsNew()
    {
        Change("Capacitee", "5");
        await using var host = await StartAsync(keyed: false, concurrency: 1, holds: false);
        Assert.That(host.Logs.Named("ConfigurationProblem"), Has.Count.EqualTo(1), "what is there at the start is told then");

        Change("MaxRat", "5");
        Change("MaxRat", "6");
        Change("MaxRat", null);
        Change("MaxRat", "5");

        Assert.That(
            host.Logs.Named("ConfigurationProblem").Skip(1).Select(static entry => entry.Message),
            Has.Exactly(2).Items.And.All.Contains("Sidecars:sidecar:MaxRat").And.All.Contains("MaxRate"));
    }

    [Test]
    public void FixedOptions_KeepTheirValues_AndNoOthers()
    {
        var rules = SidecarOptionRules.Table.Rules;
        var names = rules.Where(static rule => rule.Keep is not null).Select(static rule => rule.Key);
        Assert.That(names, Is.EquivalentTo([
            "Capacity", "CapacityInBytes", "FullMode", "Critical", "SetExitCode", "WaitForSignal", "Pipeline", "ScopePerMessage", "Isolation", "Priority", "DeadLetterCapacity",
        ]));

        var from = new SidecarOptions
        {
            Capacity = 1,
            CapacityInBytes = 1,
            FullMode = System.Threading.Channels.BoundedChannelFullMode.DropNewest,
            Critical = false,
            SetExitCode = false,
            WaitForSignal = true,
            Pipeline = "p",
            ScopePerMessage = true,
            Isolation = SidecarIsolation.DedicatedThread,
            Priority = SidecarPriority.High,
            DeadLetterCapacity = 1,
        };
        foreach (var rule in rules.Where(static rule => rule.Keep is not null))
        {
            var to = new SidecarOptions();
            Assert.That(rule.Show(to), Is.Not.EqualTo(rule.Show(from)), rule.Key);
            rule.Keep!(from, to);
            Assert.That(rules.Where(other => other.Show(to) != other.Show(new SidecarOptions())), Is.EqualTo([rule]));
        }
    }

    [Test]
    public async Task Reload_OfAnotherSidecarsSection_ChangesNothingHere()
    {
        await using var host = await StartAsync(keyed: false, concurrency: 1, holds: false);
        _configuration.Change(("Sidecars:other:Concurrency", "7"), ("Logging:LogLevel:Default", "Debug"));

        Assert.That(host.Logs.Named("OptionsChanged"), Is.Empty);
        Assert.That(host.Logs.Named("OptionsRefused"), Is.Empty);
    }

    [Test]
    public async Task ReplyTimeout_Changed_HoldsForTheNextRequest()
    {
        await using var host = _configuration.BuildHost(static services =>
        {
            services.AddSingleton<Silent>();
            services.AddSidecar<Silent, string, int>(Name);
        });
        await host.StartAsync();
        var client = host.Services.GetRequiredService<SidecarClient<string, int>>();
        Change("ReplyTimeout", "00:00:03");

        var reply = client.AskAsync("anybody there?");
        await host.Clock.PassAsync(TimeSpan.FromSeconds(3));

        Assert.That(await reply.FailureAsync(), Is.InstanceOf<TimeoutException>());
    }

    private void Change(string key, string? value) => _configuration.Change(($"Sidecars:{Name}:{key}", value));

    private SyncPoint Held(int message) => _held.GetOrAdd(message, static _ => new SyncPoint());

    private void ReleaseAll(int count)
    {
        for (var message = 0; message < count; message++)
        {
            Held(message).Release();
        }
    }

    private Task BegunAsync(int count) => Eventually.HoldsAsync(() => _begun.Count == count, $"{count} calls have begun");

    /// <summary>A host with two sidecars in a group; the second runs until it is told how to end, and again after that.</summary>
    private TestHost BuildGroup(out TaskCompletionSource end)
    {
        var ends = end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _configuration.BuildHost(services =>
        {
            services.AddSidecarGroup("pair");
            services.AddRun(new Script<First> { Run = static (_, ct) => Script.UntilCancelledAsync(ct) }, "first").InGroup("pair");
            services.AddRun(
                new Script<Second> { Run = (context, ct) => context.Incarnation == 1 ? ends.Task.WaitAsync(ct) : Script.UntilCancelledAsync(ct) },
                "second").InGroup("pair");
        });
    }

    private async Task<TestHost> StartAsync(bool keyed, int concurrency, bool holds = true, bool heedsToken = false)
    {
        _configuration.Change(($"Sidecars:{Name}:Concurrency", concurrency == 1 ? null : $"{concurrency}"));
        var host = _configuration.BuildHost(services =>
        {
            var builder = services.AddSidecar(Name, _account.Counting<int>(async (message, _, ct) =>
            {
                var held = Held(message);
                _begun.Enqueue(message);
                if (holds)
                {
                    await held.PassAsync(heedsToken ? ct : CancellationToken.None);
                }
            }));
            _ = keyed ? builder.PartitionBy(static message => message) : builder;
        });
        await host.StartAsync();
        return host;
    }

    private async Task PublishAsync(TestHost host, int count, int first = 0)
    {
        for (var message = first; message < first + count; message++)
        {
            await _account.WriteAsync(host.Writer<int>(), message);
        }
    }

    private sealed class Sizes(Action<int> handle) : IBatchSidecar<int>
    {
        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct)
        {
            handle(batch.Count);
            return default;
        }
    }

    private sealed class Silent : ISidecar<string, int>
    {
        public async ValueTask<int> HandleAsync(string request, SidecarContext context, CancellationToken ct)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return 0;
        }
    }
}
