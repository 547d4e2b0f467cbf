using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Sidecars.Supervision;

/// <summary>How sidecars start: before everything else, one after the other, each once the one before is ready.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class StartTests
{
    [Test]
    public async Task Start_BesideOtherServices_ComesBeforeEveryPhaseOfThem()
    {
        var journal = new Journal();
        var script = new Script<First> { Start = (_, _) => Write(journal, "sidecar starts") };
        await using var host = TestHost.Build(services =>
        {
            services.AddSingleton<IHostedService>(new JournalService(journal)); // Added first, and still started later.
            services.AddStartupRun(script, "first");
        });
        await host.StartAsync();
        Assert.That(
            journal.Lines,
            Is.EqualTo(new[] { "sidecar starts", "application starting", "application start", "application started" }));
    }

    [Test]
    public async Task Start_SeveralSidecars_GoInOrderOfRegistrationEachOnceTheOneBeforeIsReady()
    {
        var journal = new Journal();
        var hold = new SyncPoint();
        var first = new Script<First> { Start = async (_, ct) => await hold.PassAsync(ct) };
        var second = new Script<Second> { Create = () => journal.Add("second is made") };
        await using var host = TestHost.Build(services =>
        {
            services.AddStartupRun(first, "first");
            services.AddRun(second, "second");
        });
        var start = host.StartAsync();
        await hold.ReachedAsync();
        Assert.That(journal.Lines, Is.Empty);
        Assert.That(host.Snapshot("second").State, Is.EqualTo(SidecarState.Created));
        hold.Release();
        await start;
        Assert.That(host.Snapshot("second").State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    public async Task Start_OptionalSidecarThatIsNotReady_DoesNotHoldTheNext()
    {
        var hold = new SyncPoint();
        var slow = new Script<First> { Start = async (_, _) => await hold.PassAsync(CancellationToken.None) };
        await using var host = TestHost.Build(services =>
        {
            services.AddStartupRun(slow, "slow", options => options.Critical = false);
            services.AddRun(new Script<Second>(), "next");
        });
        await host.StartAsync();
        Assert.That(host.Snapshot("next").IsReady, Is.True);

        await host.Clock.PassAsync(TimeSpan.FromSeconds(30));
        await host.StateAsync("slow", SidecarState.Degraded);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("slow").IsReady, Is.True, "degraded counts as ready for an optional sidecar");
            Assert.That(host.Logs.Named("NotReadyInTime"), Has.Count.EqualTo(1));
            Assert.That(host.Logs.Named("OptionalSidecarFailed"), Is.Empty, "it may become ready yet");
        }

        hold.Release();
        await host.StateAsync("slow", SidecarState.Ready);
    }

    [Test]
    public async Task Ready_SidecarThatRuns_IsSoAtItsFirstRealAwait()
    {
        var blocked = new SyncPoint();
        var script = new Script<First>
        {
            Run = (_, ct) =>
            {
                blocked.Pass(); // Synchronous work before the first await.
                return Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "first"));
        var start = host.StartAsync();
        await blocked.ReachedAsync();
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Starting));
        blocked.Release();
        await start;
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    public async Task Ready_SidecarThatReturnsAtOnce_StoppedInOrderAndTheHostGoesOn()
    {
        var script = new Script<First> { Run = static (_, _) => Task.CompletedTask };
        await using var host = TestHost.Build(services => services.AddRun(script, "first"));
        await host.StartAsync();
        Assert.That(host.Snapshot("first"), Has.Property("State").EqualTo(SidecarState.Stopped).And.Property("LastError").Null);
    }

    [Test]
    public async Task Ready_WaitForSignal_OnlyOnceItSignals()
    {
        var hold = new SyncPoint();
        var script = new Script<First>
        {
            Run = async (context, ct) =>
            {
                await hold.PassAsync(ct);
                context.SignalReady();
                context.SignalReady(); // Once more does nothing.
                await Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "first", options => options.WaitForSignal = true));
        var start = host.StartAsync();
        await hold.ReachedAsync();
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Starting));
        hold.Release();
        await start;
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    public async Task NotReadyInTime_CriticalSidecar_FailsTheStartNamingItAndTheOption()
    {
        var journal = new Journal();
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(new Script<First>(), "silent", options => options.WaitForSignal = true);
            services.AddSingleton<IHostedService>(new JournalService(journal));
        });
        var start = host.StartAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(30));
        var failure = await start.FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<SidecarStartException>().With.Property("SidecarName").EqualTo("silent"));
            Assert.That(failure!.Message, Does.Contain("'silent'").And.Contain("StartupTimeout (00:00:30)").And.Contain("SignalReady"));
            Assert.That(journal.Lines, Is.Empty, "nothing of the application was started");
            Assert.That(host.Logs.Named("CriticalSidecarFailed").Single().Exception, Is.SameAs(failure));
        }
    }

    [Test]
    public async Task FailedStart_SecondSidecar_StopsTheFirstWithDrain()
    {
        var account = new Account();
        var hold = new SyncPoint();
        var first = new Script<First> { Handle = account.Counting<int>(async (_, _, ct) => await hold.PassAsync(ct)) };
        var cause = new InvalidOperationException("no disk");
        var second = new Script<Second> { Start = (_, _) => Task.FromException(cause) };
        await using var host = TestHost.Build(services =>
        {
            services.AddHandler(first, "first");
            services.AddStartupRun(second, "second");
        });
        account.TryWrite(host.Writer<int>(), 1); // Buffered until the host starts.
        account.TryWrite(host.Writer<int>(), 2);
        var start = host.StartAsync();
        await hold.ReachedAsync();
        hold.Release();
        var failure = await start.FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<SidecarStartException>().With.InnerException.SameAs(cause));
            Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Snapshot("second").State, Is.EqualTo(SidecarState.Failed));
            Assert.That(first.Disposed, Is.EqualTo(1));
        }

        account.AssertBalances(host.Control, "first");
    }

    [Test]
    public async Task Start_Cancelled_StopsWhatHadStarted()
    {
        var hold = new SyncPoint();
        var first = new Script<First>();
        var second = new Script<Second> { Start = async (_, ct) => await hold.PassAsync(ct) };
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(first, "first");
            services.AddStartupRun(second, "second");
        });
        using var cancellation = new CancellationTokenSource();
        var start = host.StartAsync(cancellation.Token);
        await hold.ReachedAsync();
        await cancellation.CancelAsync();
        var failure = await start.FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.InstanceOf<OperationCanceledException>());
            Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Snapshot("second").State, Is.EqualTo(SidecarState.Stopped));
        }
    }

    [Test]
    public async Task PublishBeforeStart_IsBufferedUpToCapacityAndHandledAfterIt()
    {
        var account = new Account();
        var script = new Script<First> { Handle = account.Counting<int>(static _ => { }) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first", options => options.Capacity = 3));
        account.Fill(host.Writer<int>());
        account.AssertBalances(host.Control, "first", queued: 3);
        await host.StartAsync();
        await account.BalancesAsync(host.Control, "first");
    }

    [Test]
    public async Task NeverStartedHost_MessagesWaiting_SaysSoOnceAfterTenSeconds()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddHandler(new Script<First>(), "first"));
        account.Publish(host.Writer<int>(), 1);
        host.Clock.Advance(TimeSpan.FromSeconds(9));
        Assert.That(host.Logs.Named("HostNeverStarted"), Is.Empty);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        host.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.That(host.Logs.Named("HostNeverStarted").Single().Category, Is.EqualTo("SidecarPatterns.Supervision"));
        account.AssertBalances(host.Control, "first", queued: 1);
    }

    [Test]
    public async Task NeverStartedHost_NothingWaits_SaysNothing()
    {
        await using var host = TestHost.Build(services => services.AddHandler(new Script<First>(), "first"));
        Assert.That(host.Snapshot("first").Queued, Is.Zero);
        host.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.That(host.Logs.Entries, Is.Empty);
    }

    [Test]
    public async Task HostStartedTwice_WhileRunningNothingHappens_AfterAStopItIsRefused()
    {
        var script = new Script<First>();
        await using var host = TestHost.Build(services => services.AddRun(script, "first"));
        var coordinator = host.Services.GetServices<IHostedService>().OfType<IHostedLifecycleService>().First();
        await host.StartAsync();
        await coordinator.StartingAsync(CancellationToken.None);
        Assert.That(script.Created, Is.EqualTo(1));
        await host.StopAsync();
        Assert.That(() => coordinator.StartingAsync(CancellationToken.None), Throws.InvalidOperationException.With.Message.Contains("Build a new host"));
    }

    [Test]
    public async Task HostStoppedBeforeItsStart_IsNotStartedAnyMore()
    {
        var script = new Script<First>();
        await using var host = TestHost.Build(services => services.AddRun(script, "first"));
        var service = host.Services.GetServices<IHostedService>().First();

        await service.StopAsync(CancellationToken.None);

        Assert.That(() => service.StartAsync(CancellationToken.None), Throws.InvalidOperationException);
        Assert.That(script.Created, Is.Zero);
    }

    [Test]
    public async Task OldHost_StopsDuringTheStart_BothEnd()
    {
        var hold = new SyncPoint();
        var script = new Script<First> { Start = (_, ct) => hold.PassAsync(ct) };
        await using var host = TestHost.Build(services => services.AddStartupRun(script, "first"));
        var service = host.Services.GetServices<IHostedService>().First();
        var start = service.StartAsync(CancellationToken.None); // Its token is never cancelled.
        await hold.ReachedAsync();

        await service.StopAsync(CancellationToken.None).InTime();

        Assert.That(await start.FailureAsync(), Is.TypeOf<SidecarStartException>().With.InnerException.InstanceOf<OperationCanceledException>());
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Stopped));
    }

    [Test]
    public async Task OldHost_StartsWithACancelledToken_BeginsNothing()
    {
        var script = new Script<First>();
        await using var host = TestHost.Build(services => services.AddRun(script, "first"));
        var service = host.Services.GetServices<IHostedService>().First();

        Assert.That(await service.StartAsync(new CancellationToken(canceled: true)).FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(host.Snapshot("first"), Has.Property("Incarnation").Zero.And.Property("State").EqualTo(SidecarState.Created));
    }

    [Test]
    public async Task OldHost_CancelsTheTokenOfItsStartAfterwards_AnOptionalSidecarIsStillWaitedFor()
    {
        var hold = new SyncPoint();
        var script = new Script<First> { Start = (_, _) => hold.PassAsync(CancellationToken.None) };
        await using var host = TestHost.Build(services => services.AddStartupRun(script, "slow", static options => options.Critical = false));
        using var cancellation = new CancellationTokenSource();
        await host.Services.GetServices<IHostedService>().First().StartAsync(cancellation.Token);

        await cancellation.CancelAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(30));

        await host.StateAsync("slow", SidecarState.Degraded);
        hold.Release();
        await host.StateAsync("slow", SidecarState.Ready);
    }

    [Test]
    public async Task OldHost_ThatCallsOnlyStartAndStop_StartsAndDrains()
    {
        var account = new Account();
        var script = new Script<First> { Handle = account.Counting<int>(static _ => { }) };
        await using var host = TestHost.Build(services => services.AddHandler(script, "first"));
        var service = host.Services.GetServices<IHostedService>().First();
        await service.StartAsync(CancellationToken.None);
        for (var message = 0; message < 100; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await service.StopAsync(CancellationToken.None);
        account.AssertBalances(host.Control, "first");
        Assert.That(account.Handled, Is.EqualTo(100));
    }

    private static Task Write(Journal journal, string line)
    {
        journal.Add(line);
        return Task.CompletedTask;
    }
}
