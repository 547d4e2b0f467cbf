using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Sidecars.Supervision;

/// <summary>How failures count over a group, and what becomes of it when one of them is for good.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class GroupEscalationTests
{
    private Trio _trio = null!;

    [SetUp]
    public void Create() => _trio = new Trio();

    [Test]
    public async Task Fails_MembersInTurn_CountInOneRow([Values] SidecarGroupStrategy strategy)
    {
        await using var host = _trio.Build(strategy, static group => group.MaxRestarts = 2);
        await Trio.StartAsync(host);
        await _trio.FailAndRestartAsync(host, "first", 1);
        await _trio.FailAndRestartAsync(host, "second", 2);
        var cause = _trio.Fail("third");
        var failure = await host.Host.WaitForShutdownFailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.SameAs(cause));
            Assert.That(Trio.Names.Select(name => host.Snapshot(name).State), Is.All.EqualTo(SidecarState.Failed));
            Assert.That(host.Logs.Named("CriticalSidecarFailed"), Has.Count.EqualTo(1));
            Assert.That(host.Logs.Named("FailedWithGroup"), Has.Count.EqualTo(2));
        }
    }

    [Test]
    public async Task Fails_AfterTheGroupWasHealthyLongEnough_BeginsANewRow([Values] SidecarGroupStrategy strategy)
    {
        await using var host = _trio.Build(strategy, static group => group.MaxRestarts = 1);
        await Trio.StartAsync(host);
        await _trio.FailAndRestartAsync(host, "first", 1);
        for (var times = 0; times < 3; times++)
        {
            await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(60));
            await _trio.FailAndRestartAsync(host, "second", 1);
        }

        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(59.9));
        var cause = _trio.Fail("third");
        Assert.That(await host.Host.WaitForShutdownFailureAsync(), Is.SameAs(cause));
    }

    [Test]
    public async Task Fails_AfterAllButOneThatHasEndedWereHealthyLongEnough_BeginsANewRow()
    {
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll, static group => group.MaxRestarts = 1);
        await Trio.StartAsync(host);
        _trio.Return("third");
        await host.StateAsync("third", SidecarState.Stopped);
        for (var times = 0; times < 2; times++)
        {
            var lines = _trio.Journal.Lines.Count;
            _trio.Fail("first");
            await Trio.PassDelayAsync(host, 1);
            await _trio.WroteAsync(from: lines, "-first -second +first +second");
            await host.StateAsync("second", SidecarState.Ready);
            await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(60));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Fails_WhileOneThatWasHealthyLongEnoughWaitsForItsRestart_CountsInTheSameRow()
    {
        await using var host = _trio.Build(SidecarGroupStrategy.OneForOne, static group => group.MaxRestarts = 1);
        await Trio.StartAsync(host);
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(60));
        _trio.Fail("first");
        await host.StateAsync("first", SidecarState.Restarting);

        var cause = _trio.Fail("second");

        Assert.That(await host.Host.WaitForShutdownFailureAsync(), Is.SameAs(cause));
    }

    [Test]
    public async Task Returns_BetweenTwoFailuresOfAnother_DoesNotEndTheirRow()
    {
        await using var host = _trio.Build(
            SidecarGroupStrategy.OneForOne, static group => group.MaxRestarts = 1, static (_, options) => options.RestartPolicy = RestartPolicy.Always);
        await Trio.StartAsync(host);
        await _trio.FailAndRestartAsync(host, "first", 1);
        _trio.Return("second");
        await Trio.PassDelayAsync(host, 2);
        await Eventually.HoldsAsync(() => host.Snapshot("second") is { Restarts: 1, State: SidecarState.Ready });

        var cause = _trio.Fail("first");

        Assert.That(await host.Host.WaitForShutdownFailureAsync(), Is.SameAs(cause));
    }

    [Test]
    public async Task ForGood_AllOptional_AllAreFailedAndTheApplicationGoesOn([Values] SidecarGroupStrategy strategy)
    {
        await using var host = _trio.Build(strategy, static group => group.MaxRestarts = 0, static (_, options) => options.Critical = false);
        await Trio.StartAsync(host);
        var cause = _trio.Fail("second");
        await Trio.AllAsync(host, SidecarState.Failed);

        await _trio.WroteAsync(from: 3, "-second -third -first");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("second").LastError, Is.SameAs(cause));
            Assert.That(host.Snapshot("first").LastError, Has.Property("InnerException").SameAs(cause).And.Message.Contains("'second'").And.Message.Contains("'trio'"));
            Assert.That(IsStopping(host), Is.False);
        }

        await host.StopAsync();
    }

    [TestCase("first")]
    [TestCase("second")]
    public async Task ForGood_AnOptionalOneInAGroupWithACriticalOne_StopsTheHost(string optional)
    {
        await using var host = _trio.Build(
            SidecarGroupStrategy.OneForOne, static group => group.MaxRestarts = 0, (name, options) => options.Critical = name != optional);
        await Trio.StartAsync(host);
        var cause = _trio.Fail(optional);
        Assert.That(await host.Host.WaitForShutdownFailureAsync(), Is.SameAs(cause));
        Assert.That(Trio.Names.Select(name => host.Snapshot(name).State), Is.All.EqualTo(SidecarState.Failed));
        Assert.That(host.Logs.Named("CriticalSidecarFailed").Single().Message, Does.Contain($"'{optional}'"), "its failure stops the host");
        Assert.That(host.Logs.Named("OptionalSidecarFailed"), Is.Empty);
    }

    [Test]
    public async Task ForGood_AMemberTakesItsTimeToFailAlong_TheOneBeforeItIsStoodDownOnlyThen()
    {
        var failing = new SyncPoint();
        await using var host = _trio.Build(
            SidecarGroupStrategy.OneForAll, static group => group.MaxRestarts = 0, static (_, options) => options.Critical = false);
        host.Logs.OnEntry = entry =>
        {
            if (entry.Event.Name == "FailedWithGroup" && entry.Message.Contains("'third'", StringComparison.Ordinal))
            {
                failing.Pass();
            }
        };
        await Trio.StartAsync(host);
        _trio.Fail("second");
        await failing.ReachedAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(1)); // The group waits, but not for ever.
        await _trio.WroteAsync(from: 3, "-second -third");

        failing.Release();
        await host.StateAsync("first", SidecarState.Failed);
        await _trio.WroteAsync(from: 3, "-second -third -first");
    }

    [Test]
    public async Task ForGood_AnotherOneFailsMeanwhile_FallsAlongAndIsNotRestarted()
    {
        var ending = HoldTheEndOf(_trio.Third);
        await using var host = _trio.Build(
            SidecarGroupStrategy.OneForAll, static group => group.MaxRestarts = 0, static (_, options) => options.Critical = false);
        await Trio.StartAsync(host);
        var cause = _trio.Fail("second");
        await ending.ReachedAsync();
        _trio.Fail("first");
        await host.StateAsync("first", SidecarState.Restarting);

        ending.Release();

        await host.StateAsync("first", SidecarState.Failed);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_trio.First.Created, Is.EqualTo(1));
            Assert.That(host.Snapshot("first").LastError, Has.Property("InnerException").SameAs(cause));
            Assert.That(host.Logs.Named("OptionalSidecarFailed"), Has.Count.EqualTo(1), "the group failed once");
        }
    }

    [Test]
    public async Task ForGood_OneIsOpenedAgainAndFailsMeanwhile_GoesOnOnceTheOthersAreDown()
    {
        var ending = HoldTheEndOf(_trio.First);
        await using var host = _trio.Build(
            SidecarGroupStrategy.OneForAll, static group => group.MaxRestarts = 0, static (_, options) => options.Critical = false);
        await Trio.StartAsync(host);
        _trio.Fail("second");
        await ending.ReachedAsync();
        await host.Control.RestartAsync("third").InTime();
        _trio.Fail("third");
        await host.StateAsync("third", SidecarState.Restarting);

        ending.Release();

        await host.StateAsync("third", SidecarState.Ready);
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Failed));
    }

    [Test]
    public async Task ForGood_PolicyNeverOfOneMember_TakesTheGroupDownAtOnce()
    {
        await using var host = _trio.Build(
            SidecarGroupStrategy.OneForAll,
            configure: static (name, options) =>
            {
                options.Critical = false;
                options.RestartPolicy = name == "third" ? RestartPolicy.Never : RestartPolicy.OnFailure;
            });
        await Trio.StartAsync(host);
        _trio.Fail("third");
        await host.StateAsync("first", SidecarState.Failed);
        Assert.That(_trio.First.Created, Is.EqualTo(1));
    }

    [Test]
    public async Task ForGood_WhileAnotherOneWaitsForItsRestart_TakesThatDownToo()
    {
        await using var host = _trio.Build(
            SidecarGroupStrategy.OneForOne, static group => group.MaxRestarts = 1, static (_, options) => options.Critical = false);
        await Trio.StartAsync(host);
        _trio.Fail("first");
        await host.StateAsync("first", SidecarState.Restarting);
        _trio.Fail("second");
        await Trio.AllAsync(host, SidecarState.Failed);

        Assert.That(_trio.First.Created, Is.EqualTo(1), "nobody waited for the delay");
    }

    [Test]
    public async Task ForGood_WhileTheOthersAreStoodDownForARestart_WaitsForNoDelayAndForgetsThatRestart()
    {
        var ending = HoldTheEndOf(_trio.Second);
        await using var host = _trio.Build(
            SidecarGroupStrategy.OneForAll, static group => group.MaxRestarts = 1, static (_, options) => options.Critical = false);
        await Trio.StartAsync(host);
        _trio.Fail("third");
        await ending.ReachedAsync();
        _trio.Fail("first");
        await host.StateAsync("first", SidecarState.Failed);
        ending.Release();
        await Trio.AllAsync(host, SidecarState.Failed);

        await AssertBeginsANewRowAsync(host);
    }

    [Test]
    public async Task ForGood_MemberWithMessages_SettlesTheOneInFlightAndTheRestAreDeadLetters()
    {
        var account = new Account();
        var hold = new SyncPoint();
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecarGroup("pair", SidecarGroupStrategy.OneForAll, static group => group.MaxRestarts = 0);
            services.AddRun(_trio.First, "first", static options => options.Critical = false).InGroup("pair");
            services.AddSidecar("writer", account.Counting<int>(async (_, _, ct) => await hold.PassAsync(ct)), static options => options.Critical = false).InGroup("pair");
        });
        await host.StartAsync();
        for (var message = 0; message < 3; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await hold.ReachedAsync();
        await host.StateAsync("first", SidecarState.Ready); // Nobody waited for it.
        var cause = _trio.Fail("first");
        await host.StateAsync("first", SidecarState.Failed);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(10)); // It is told to leave, and waited for.
        Assert.That(host.Snapshot("writer").InFlight, Is.EqualTo(1));
        hold.Release();
        await host.StateAsync("writer", SidecarState.Failed);
        account.CountDeadLettered(2);
        account.AssertBalances(host.Control, "writer");
        var refused = await account.WriteAsync(host.Writer<int>(), 3).FailureAsync();
        Assert.That(refused, Is.TypeOf<ChannelClosedException>().With.InnerException.InnerException.SameAs(cause));
        Assert.That(host.Control.GetDeadLetters("writer").Select(static letter => letter.Reason), Is.All.EqualTo(DeadLetterReason.SidecarFailed));
    }

    [Test]
    public async Task RestartByControl_AfterTheGroupFailed_OpensThatOneAgainInANewRow()
    {
        await using var host = _trio.Build(
            SidecarGroupStrategy.OneForAll, static group => group.MaxRestarts = 1, static (_, options) => options.Critical = false);
        await Trio.StartAsync(host);
        await _trio.FailAndRestartAsync(host, "first", 1);
        _trio.Fail("second");
        await Trio.AllAsync(host, SidecarState.Failed);

        await AssertBeginsANewRowAsync(host);
        Assert.That(host.Snapshot("second").State, Is.EqualTo(SidecarState.Failed));
    }

    [Test]
    public async Task StartFails_OfACriticalMember_FailsTheHostsStartAndTheOthersDrain()
    {
        _trio.Third.Create = static () => throw new IOException("broken");
        await using var host = _trio.Build(SidecarGroupStrategy.OneForAll);
        var failure = await host.StartAsync().FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<SidecarStartException>().With.Property("SidecarName").EqualTo("third"));
            Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Snapshot("second").State, Is.EqualTo(SidecarState.Stopped));
        }
    }

    [Test]
    public async Task ForGood_BeforeTheHostHasStartedThemAll_TheRestFailsWhenItIsStarted()
    {
        var hold = new SyncPoint();
        _trio.First.Create = static () => throw new IOException("broken");
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecarGroup("trio", SidecarGroupStrategy.OneForAll, static group => group.MaxRestarts = 0);
            services.AddRun(_trio.First, "first", static options => options.Critical = false).InGroup("trio");
            services.AddStartupRun(new Script<Third> { Start = (_, ct) => hold.PassAsync(ct) }, "between");
            services.AddRun(_trio.Second, "second", static options => options.Critical = false).InGroup("trio");
        });
        var start = host.StartAsync();
        await hold.ReachedAsync();
        await host.StateAsync("first", SidecarState.Failed);
        hold.Release();
        await start;
        await host.StateAsync("second", SidecarState.Failed);
        Assert.That(_trio.Second.Created, Is.Zero);
        await host.Clock.NothingArmedAsync(); // Nobody waits for it to become ready.
    }

    /// <summary>The group has failed: two of it are opened again, and one of those fails.</summary>
    private async Task AssertBeginsANewRowAsync(TestHost host)
    {
        await host.Control.RestartAsync("first").InTime();
        await host.Control.RestartAsync("third").InTime();
        var lines = _trio.Journal.Lines.Count;
        _trio.Fail("third");
        await Trio.PassDelayAsync(host, 1);
        await _trio.WroteAsync(from: lines, "-third -first +first +third");
    }

    /// <summary>Its run does not end before the test lets it.</summary>
    private static SyncPoint HoldTheEndOf(Script script)
    {
        var (run, ending) = (script.Run, new SyncPoint());
        script.Run = async (context, ct) =>
        {
            await run(context, ct);
            await ending.PassAsync(CancellationToken.None);
        };
        return ending;
    }

    private static bool IsStopping(TestHost host) =>
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;
}
