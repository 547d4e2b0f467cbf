using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Sidecars.Supervision;

/// <summary>What the failure of one member of a group means to the others.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class GroupTests
{
    private Trio _trio = null!;

    [SetUp]
    public void Create() => _trio = new Trio();

    [TestCase(SidecarGroupStrategy.OneForOne, "first", "-first +first")]
    [TestCase(SidecarGroupStrategy.OneForOne, "third", "-third +third")]
    [TestCase(SidecarGroupStrategy.RestForOne, "first", "-first -third -second +first +second +third")]
    [TestCase(SidecarGroupStrategy.RestForOne, "second", "-second -third +second +third")]
    [TestCase(SidecarGroupStrategy.RestForOne, "third", "-third +third")]
    [TestCase(SidecarGroupStrategy.OneForAll, "first", "-first -third -second +first +second +third")]
    [TestCase(SidecarGroupStrategy.OneForAll, "second", "-second -third -first +first +second +third")]
    [TestCase(SidecarGroupStrategy.OneForAll, "third", "-third -second -first +first +second +third")]
    public async Task Fails_TheMembersThatTheStrategyNames_StopInReverseAndStartInOrder(SidecarGroupStrategy strategy, string failing, string expected)
    {
        await using var host = _trio.Build(strategy);
        await Trio.StartAsync(host);
        var failure = _trio.Fail(failing);
        await Trio.PassDelayAsync(host, 1);
        await _trio.WroteAsync(from: 3, expected);
        foreach (var name in Trio.Names)
        {
            await host.StateAsync(name, SidecarState.Ready);
            var snapshot = host.Snapshot(name);
            Assert.That(snapshot.Restarts, Is.EqualTo(expected.Contains("+" + name, StringComparison.Ordinal) ? 1 : 0), name);
            Assert.That(snapshot.LastError, name == failing ? Is.SameAs(failure) : Is.Null, name);
        }

        Assert.That(host.Logs.Named("GroupMemberHangs"), Is.Empty);
        await host.StopAsync();
        await _trio.WroteAsync(from: 3, expected + " -third -second -first");
    }

    [Test]
    public async Task Fails_MembersThatDependOnEachOther_GoInTheOrderOfTheirStart()
    {
        await using var host = _trio.Build(SidecarGroupStrategy.RestForOne, builders: static builder =>
        {
            if (builder.Name == "first")
            {
                builder.DependsOn("third");
            }
        });
        await Trio.StartAsync(host);
        await _trio.WroteAsync(from: 0, "+second +third +first");
        _trio.Fail("third");
        await Trio.PassDelayAsync(host, 1);
        await _trio.WroteAsync(from: 3, "-third -first +third +first");
    }

    [Test]
    public async Task Fails_WhileAnotherOneIsOutsideTheGroup_LeavesThatAlone()
    {
        var alone = new HostedScript<First>();
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecarGroup("TRIO", SidecarGroupStrategy.OneForAll);
            services.AddRun(_trio.First, "first").InGroup("trio");
            services.AddBackground(alone, "alone");
            services.AddRun(_trio.Second, "second").InGroup("Trio");
        });
        await host.StartAsync();
        _trio.Fail("first");
        await Trio.PassDelayAsync(host, 1);
        await _trio.WroteAsync(from: 2, "-first -second +first +second");
        Assert.That(alone.Created, Is.EqualTo(1));
    }

    [Test]
    public async Task Fails_OneMemberAlone_IsRestarted([Values] SidecarGroupStrategy strategy)
    {
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(_trio.First, "first").InGroup("trio");
            services.AddSidecarGroup("trio", strategy, static options => options.MaxRestarts = 1);
        });
        await host.StartAsync();
        _trio.Fail("first");
        await Trio.PassDelayAsync(host, 1);
        await _trio.WroteAsync(from: 1, "-first +first");
        await host.StateAsync("first", SidecarState.Ready);
        Assert.That(host.Logs.Named("GroupRestarts"), Is.Empty, "it concerns no other");
        var cause = _trio.Fail("first");
        Assert.That(await host.Host.WaitForShutdownFailureAsync(), Is.SameAs(cause));
    }

    [Test]
    public async Task Fails_MembersMayDrainForAsLongAsATimerTakes_AreRestarted()
    {
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll, configure: static (_, options) => options.DrainTimeout = TimeSpan.FromDays(49));
        await Trio.StartAsync(host);
        _trio.Fail("first");
        await Trio.PassDelayAsync(host, 1);
        await _trio.WroteAsync(from: 3, "-first -third -second +first +second +third");
        await host.StopAsync();
    }

    [Test]
    public async Task Fails_WhileAnotherOneHangs_WaitsForThatAsLongAsItsCallMayTakeAndTellsOfIt()
    {
        var hold = new SyncPoint();
        var script = new Script<Second> { Start = (_, _) => hold.PassAsync(CancellationToken.None) };
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecarGroup("pair", SidecarGroupStrategy.OneForAll);
            services.AddRun(_trio.First, "first").InGroup("pair");
            services.AddStartupRun(script, "second", static options =>
            {
                options.Critical = false;
                options.HandlerTimeout = TimeSpan.FromSeconds(3);
            }).InGroup("pair");
        });
        await host.StartAsync();
        await hold.ReachedAsync();
        _trio.Fail("first");

        await host.Clock.PassAsync(TimeSpan.FromSeconds(14)); // The call, a second, and the disposal.

        await host.LoggedAsync("GroupMemberHangs");
        hold.Release();
        await host.StopAsync();
    }

    [Test]
    public async Task HostStops_DuringTheDelay_NothingWaitsForItAnyMore()
    {
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll);
        await Trio.StartAsync(host);
        _trio.Fail("first");
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));

        await host.StopAsync();

        await host.Clock.NothingArmedAsync();
    }

    [Test]
    public async Task Drain_OfOneDuringTheDelayOfOthers_DoesNotShortenIt()
    {
        await using var host = _trio.Build(SidecarGroupStrategy.RestForOne);
        await Trio.StartAsync(host);
        _trio.Fail("second");
        await _trio.WroteAsync(from: 3, "-second -third");
        var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));

        await host.Control.DrainAsync("first").InTime();

        Assert.That(host.Clock.Armed, Does.Contain(delay));
        await host.Clock.AdvanceAsync(delay);
        await _trio.WroteAsync(from: 3, "-second -third -first +second +third");
    }

    [Test]
    public async Task RestartByControl_DuringTheDelay_NobodyWaitsForItAnyMore()
    {
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll);
        await Trio.StartAsync(host);
        _trio.Fail("second");
        await _trio.WroteAsync(from: 3, "-second -third -first");
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));

        await host.Control.RestartAsync("second").InTime();

        await _trio.WroteAsync(from: 3, "-second -third -first +first +second +third");
    }

    [Test]
    public async Task Returns_UnderOnFailure_ConcernsNobodyAndStaysStopped()
    {
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll);
        await Trio.StartAsync(host);
        _trio.Return("second");
        await host.StateAsync("second", SidecarState.Stopped);
        Assert.That(host.Clock.Armed, Is.Empty);

        _trio.Fail("first");
        await Trio.PassDelayAsync(host, 1);
        await _trio.WroteAsync(from: 3, "-second -first -third +first +third");
        await host.StateAsync("third", SidecarState.Ready);
        Assert.That(host.Snapshot("second").State, Is.EqualTo(SidecarState.Stopped));
    }

    [Test]
    public async Task Returns_UnderAlways_RestartsAsTheStrategySaysAndIsNoFailure()
    {
        await using var host = _trio.Build(
            SidecarGroupStrategy.RestForOne,
            static group => group.MaxRestarts = 1,
            static (_, options) => options.RestartPolicy = RestartPolicy.Always);
        await Trio.StartAsync(host);
        foreach (var seconds in (double[])[1, 2, 4])
        {
            var lines = _trio.Journal.Lines.Count;
            _trio.Return("second");
            await Trio.PassDelayAsync(host, seconds);
            await _trio.WroteAsync(from: lines, "-second -third +second +third");
            await host.StateAsync("third", SidecarState.Ready);
        }

        Assert.That(host.Snapshot("second").LastError, Is.Null);
        await host.StopAsync();
    }

    [TestCase(RestartPolicy.OnFailure, "-second -first -third +first +third")]
    [TestCase(RestartPolicy.Never, "-second -first -third +first +third")]
    [TestCase(RestartPolicy.Always, "-second -first -third +first +second +third")]
    public async Task Returns_JustAsItsGroupStandsItDown_HasEndedUnlessItsPolicyIsAlways(RestartPolicy policy, string expected)
    {
        var returned = new SyncPoint();
        var run = _trio.Second.Run;
        _trio.Second.Run = (context, ct) => HeldOnceItHasReturned(run(context, ct), returned);
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll, configure: (name, options) =>
        {
            options.RestartPolicy = name == "second" ? policy : RestartPolicy.OnFailure;
            options.DrainTimeout = TimeSpan.FromSeconds(name == "second" ? 10 : 5); // So that the group's wait for the second can be told from the others.
        });
        await Trio.StartAsync(host);
        _trio.Return("second");
        await returned.ReachedAsync(); // Its task is complete, and its supervisor has not been told.
        _trio.Fail("first");
        await _trio.WroteAsync(from: 3, "-second -first -third");
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(21)); // The group waits for it to stand still: both drain times, and a second.
        returned.Release();

        await Trio.PassDelayAsync(host, 1);
        await _trio.WroteAsync(from: 3, expected);
        foreach (var name in Trio.Names)
        {
            var restarts = expected.Contains("+" + name, StringComparison.Ordinal);
            await host.StateAsync(name, restarts ? SidecarState.Ready : SidecarState.Stopped);
            Assert.That(host.Snapshot(name).Restarts, Is.EqualTo(restarts ? 1 : 0), name);
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Returns_AHostedServiceJustAsItsGroupStandsItDown_HasEnded()
    {
        var returned = new SyncPoint();
        var work = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecarGroup("pair", SidecarGroupStrategy.OneForAll);
            services.AddRun(_trio.First, "first").InGroup("pair");
            services.AddSingleton(returned).AddSingleton(work).AddHostedSidecar<ShortService>("short").InGroup("pair");
        });
        await host.StartAsync();
        work.SetResult();
        await returned.ReachedAsync();
        _trio.Fail("first");
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(21));
        returned.Release();

        await Trio.PassDelayAsync(host, 1);
        await _trio.WroteAsync(from: 1, "-first +first");
        await host.StateAsync("short", SidecarState.Stopped);
        Assert.That(host.Snapshot("short").Incarnation, Is.EqualTo(1));
        await host.StopAsync();
    }

    [Test]
    public async Task Fails_TwoAtOnce_AreBothRestarted([Values] SidecarGroupStrategy strategy)
    {
        await using var host = _trio.Build(strategy);
        await Trio.StartAsync(host);
        _trio.Fail("first");
        _trio.Fail("third");
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => Trio.Names.All(name => host.Snapshot(name).State == SidecarState.Ready) &&
            host.Snapshot("first").Restarts > 0 && host.Snapshot("third").Restarts > 0);
        await host.StopAsync();
        Assert.That(Trio.Names.Select(name => host.Snapshot(name).State), Is.All.EqualTo(SidecarState.Stopped));
    }

    [Test]
    public async Task Fails_Watched_TellsOfTheFailureAndOfTheOthersRestart()
    {
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll);
        await Trio.StartAsync(host);
        await using var watcher = host.Control.WatchAsync(TestContext.CurrentContext.CancellationToken).GetAsyncEnumerator();
        for (var found = 0; found < 3; found++)
        {
            Assert.That(await watcher.MoveNextAsync());
        }

        var failure = _trio.Fail("second");
        var steps = new Dictionary<string, SidecarTransition>();
        while (steps.Count < 3 && await watcher.MoveNextAsync())
        {
            steps.TryAdd(watcher.Current.SidecarName, watcher.Current);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(steps.Values.Select(static step => step.State), Is.All.EqualTo(SidecarState.Restarting));
            Assert.That(steps["second"].Error, Is.SameAs(failure));
            Assert.That(steps["second"].RestartDelay, Is.EqualTo(host.Clock.Armed.Single()).Within(TimeSpan.FromMilliseconds(1)));
            Assert.That(steps["first"].Error, Is.Null);
            Assert.That(host.Logs.Named("GroupRestarts").Single().Message, Does.Contain("first, second, third").And.Contain("'second'"));
        }
    }

    /// <summary>Whoever waits for the task is told of its end only once the test lets that happen: this continuation comes before theirs.</summary>
    private static Task HeldOnceItHasReturned(Task work, SyncPoint hold)
    {
        _ = work.ContinueWith(_ => hold.Pass(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return work;
    }

    /// <summary>Works until the test has done its work.</summary>
    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class ShortService(TaskCompletionSource work, SyncPoint returned) : BackgroundService
    {
        public override async Task StartAsync(CancellationToken cancellationToken)
        {
            await base.StartAsync(cancellationToken);
            _ = HeldOnceItHasReturned(ExecuteTask!, returned);
        }

        protected override async Task ExecuteAsync(CancellationToken stoppingToken) => await work.Task;
    }
}
