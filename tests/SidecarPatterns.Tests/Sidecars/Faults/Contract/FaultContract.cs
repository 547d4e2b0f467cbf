using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SidecarPatterns.Tests;

/// <summary>
/// What no sidecar may do to its host, whatever goes wrong in its making, its start and its end. Every kind of sidecar has a fixture, in
/// <c>FaultKinds.cs</c>, and goes through all of it alone and as a member of a group. What hosts do wrong is in <c>FaultContract.Hosts.cs</c>.
/// </summary>
[TestFixture(false)]
[TestFixture(true)]
[CancelAfter(170_000)]
internal abstract partial class FaultContract(bool inGroup)
{
    protected const string Name = "faulty";

    protected static readonly TimeSpan StartupTimeout = TimeSpan.FromSeconds(20);
    protected static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(7);
    protected static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    protected static readonly IOException Cause = new("what goes wrong");

    /// <summary>The test's own account of the sidecar's messages.</summary>
    protected Account Account { get; private set; } = null!;

    /// <summary>What the sidecar does: its making, its start-up hook and its disposal.</summary>
    protected Script Script { get; private set; } = null!;

    [SetUp]
    public void CreateScript()
    {
        Account = new Account();
        Script = NewScript();
    }

    protected abstract Script NewScript();

    /// <summary>Registers the sidecar, which follows the script.</summary>
    protected abstract ISidecarBuilder Add(IServiceCollection services, Action<SidecarOptions> configure);

    [Test]
    public async Task Constructor_ThrowsAtTheFirstStart_FailsTheHostsStartAtOnce()
    {
        Script.Create = static () => throw Cause;
        await using var host = Build();

        var failure = await host.StartAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<SidecarStartException>().With.Property("SidecarName").EqualTo(Name).And.InnerException.SameAs(Cause));
        Assert.That(Script.Created, Is.EqualTo(1), "no second try");
    }

    [Test]
    public async Task Constructor_ThrowsInALaterIncarnation_IsTriedAgainAfterADelay()
    {
        await using var host = Build();
        await host.StartAsync();
        await FailTheSecondIncarnationAsync(host);

        await host.Clock.PassFirstRestartDelayAsync();
        await host.StateAsync(Name, SidecarState.Ready);

        Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(3));
        Assert.That(host.Snapshot(Name).LastError, Is.SameAs(Cause));
        await StopAsync(host);
    }

    [Test]
    public async Task Dependency_IsNotRegistered_FailsTheHostsStartAndIsNamed()
    {
        await using var host = TestHost.Build(services =>
        {
            Register(services);
            services.RemoveAll(Script.GetType());
        });

        var failure = await host.StartAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<SidecarStartException>().With.Message.Contains(Name).And.Message.Contains("Script"));
    }

    [Test]
    public async Task Startup_Throws_FailsTheHostsStart([Values] bool synchronously)
    {
        Script.Start = (_, _) => synchronously ? throw Cause : Task.FromException(Cause);
        await using var host = Build();

        var failure = await host.StartAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<SidecarStartException>().With.InnerException.SameAs(Cause));
        Assert.That(Script.Disposed, Is.EqualTo(Script.Created));
    }

    [Test]
    public async Task Startup_NeverReturnsAndIgnoresItsToken_FailsTheHostsStartAndIsAbandonedByName()
    {
        var held = new SyncPoint();
        Script.Start = (_, _) => held.PassAsync(CancellationToken.None);
        await using var host = Build();

        var start = host.StartAsync();
        await held.ReachedAsync();
        await host.Clock.AdvanceUntilAsync(Grace, () => start.IsCompleted);

        Assert.That(
            await start.FailureAsync(),
            Is.TypeOf<SidecarStartException>().With.Message.Contains(Name).And.Message.Contains(nameof(SidecarOptions.StartupTimeout)));
        Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain($"'{Name}'"));
        held.Release();
        await Eventually.HoldsAsync(() => Script.Disposed == Script.Created, "it is disposed of once its code ends");
    }

    [Test]
    public async Task SignalReady_Never_FailsTheHostsStartAndSaysWhatIsMissing()
    {
        await using var host = Build(static options => options.WaitForSignal = true);

        var start = host.StartAsync();
        await host.Clock.PassAsync(StartupTimeout);

        Assert.That(
            await start.FailureAsync(), Is.TypeOf<SidecarStartException>().With.Message.Contains(Name).And.Message.Contains(nameof(SidecarContext.SignalReady)));
        Assert.That(Script.Disposed, Is.EqualTo(Script.Created), "what had begun was stopped");
    }

    [Test]
    public async Task SignalReady_Twice_CountsOnce()
    {
        Script.Start = static (context, _) =>
        {
            context.SignalReady();
            context.SignalReady();
            return Task.CompletedTask;
        };
        await using var host = Build(static options => options.WaitForSignal = true);
        await host.StartAsync();
        await StopAsync(host);

        Assert.That(
            host.Logs.Named("StateChanged").Count(static entry => entry.Message.Contains(Name) && entry.Message.Contains("to Ready")), Is.EqualTo(1));
    }

    [Test]
    public async Task SignalReady_AfterItsIncarnationFailed_DoesNotMakeTheNextOneReady()
    {
        SidecarContext? first = null;
        var held = new SyncPoint();
        Script.Start = (context, ct) =>
        {
            first ??= context;
            return context.Incarnation == 1 ? Task.CompletedTask : held.PassAsync(ct);
        };
        await using var host = Build();
        await host.StartAsync();
        await FailTheSecondIncarnationAsync(host);
        await host.Clock.PassFirstRestartDelayAsync();
        await held.ReachedAsync();

        first!.SignalReady();

        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Restarting));
        held.Release();
        await host.StateAsync(Name, SidecarState.Ready);
        await StopAsync(host);
    }

    [Test]
    public async Task Dispose_Throws_IsLoggedAndTheStopGoesOn()
    {
        Script.Dispose = static () => throw Cause;
        await using var host = Build();
        await host.StartAsync();
        await StopAsync(host);

        Assert.That(host.Logs.Named("DisposeFailed").Select(static entry => entry.Exception), Is.Not.Empty.And.All.SameAs(Cause));
    }

    [Test]
    public async Task Dispose_Hangs_IsLeftWhenItsTimeIsOver()
    {
        var held = new SyncPoint();
        Script.Dispose = () => held.PassAsync();
        await using var host = Build();
        await host.StartAsync();

        var stop = host.StopAsync();
        await held.ReachedAsync();
        await host.Clock.AdvanceUntilAsync(Grace, () => stop.IsCompleted);
        await stop;

        Assert.That(
            host.Logs.Entries.Where(static entry => entry.Event.Name is "SidecarAbandoned" or "DisposeHangs").Select(static entry => entry.Message),
            Is.Not.Empty.And.All.Contains($"'{Name}'"));
        held.Release();
    }

    [TestCase(-400)]
    [TestCase(400)]
    public async Task WallClock_JumpsInARestartDelay_NeitherEndsNorProlongsIt(int days)
    {
        await using var host = Build();
        await host.StartAsync();
        await FailTheSecondIncarnationAsync(host);
        var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));

        host.Clock.JumpWallClock(TimeSpan.FromDays(days));
        await host.Clock.AdvanceAsync(delay - TimeSpan.FromTicks(1));
        Assert.That(Script.Created, Is.EqualTo(2));
        await host.Clock.AdvanceAsync(TimeSpan.FromTicks(1));

        await host.StateAsync(Name, SidecarState.Ready);
        await StopAsync(host);
    }

    /// <summary>Stops the host, which nothing keeps from it, and looks whether the account balances.</summary>
    protected async Task StopAsync(TestHost host)
    {
        await host.StopAsync();
        Account.AssertBalances(host.Control, Name);
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
    }

    protected TestHost Build(Action<SidecarOptions>? configure = null) => TestHost.Build(services => Register(services, configure));

    /// <summary>Registers the sidecar, and where it is a member of a group, the group.</summary>
    protected ISidecarBuilder Register(IServiceCollection services, Action<SidecarOptions>? configure = null)
    {
        var builder = Add(services, options =>
        {
            options.StartupTimeout = StartupTimeout;
            options.DrainTimeout = DrainTimeout;
            configure?.Invoke(options);
        });
        if (inGroup)
        {
            builder.InGroup("group");
            services.AddSidecarGroup("group", SidecarGroupStrategy.OneForAll);
            services.AddRun(new Script<Third>(), "companion").InGroup("group");
        }

        return builder;
    }

    /// <summary>Asks for a restart whose incarnation can not be made, and waits until the next one is planned.</summary>
    private async Task FailTheSecondIncarnationAsync(TestHost host)
    {
        Script.Create = () =>
        {
            if (Script.Created == 2)
            {
                throw Cause;
            }
        };
        _ = host.Control.RestartAsync(Name);
        await host.LoggedAsync("RestartPlanned");
    }
}
