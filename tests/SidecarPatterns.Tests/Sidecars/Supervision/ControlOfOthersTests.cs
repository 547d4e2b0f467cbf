using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What the control does to sidecars that take no messages, and to those that are not at work, or not any more.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ControlOfOthersTests
{
    private const string Name = "sidecar";

    [Test]
    public async Task Verbs_ForMessages_OfOneThatTakesNone_AreRefused()
    {
        await using var host = TestHost.Build(static services => services.AddRun(new Script<First>(), Name));
        await host.StartAsync();

        using (Assert.EnterMultipleScope())
        {
            AssertRefused(() => host.Control.Pause(Name), "it can not be paused.");
            AssertRefused(() => host.Control.Resume(Name), "it can not be resumed.");
            AssertRefused(() => host.Control.FlushAsync(Name), "it can not be flushed.");
            Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
        }

        static void AssertRefused(Action act, string what) =>
            Assert.That(act, Throws.InvalidOperationException.With.Message.EqualTo($"Sidecar 'sidecar' takes no messages: {what}"));
    }

    [Test]
    public async Task Pause_WhileItDrains_IsRefusedAndTheDrainGoesOn()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar(
            Name, account.Counting<int>((_, _, ct) => new ValueTask(held.PassAsync(ct)))));
        await host.StartAsync();
        account.Publish(host.Writer<int>(), 1);
        account.Publish(host.Writer<int>(), 2);
        await held.ReachedAsync();
        var drain = host.Control.DrainAsync(Name);
        await host.StateAsync(Name, SidecarState.Draining);

        Assert.That(
            () => host.Control.Pause(Name), Throws.InvalidOperationException.With.Message.EqualTo("Sidecar 'sidecar' is draining: it can not be paused."));

        held.Release();
        await drain.InTime();
        account.AssertBalances(host.Control, Name);
        Assert.That(account.Handled, Is.EqualTo(2));
    }

    [Test]
    public async Task PauseAndResume_BeforeTheStart_LeaveItAsItWas()
    {
        await using var host = TestHost.Build(static services => services.AddHandler(new Script<First>(), Name));
        host.Control.Pause(Name);
        Assert.That(host.Snapshot(Name), Has.Property("State").EqualTo(SidecarState.Created).And.Property("IsReady").False);

        host.Control.Resume(Name);
        Assert.That(host.Snapshot(Name), Has.Property("State").EqualTo(SidecarState.Created).And.Property("IsReady").False);

        await host.StartAsync();
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    public async Task States_OfALifeByControl_AreAllLogged()
    {
        await using var host = TestHost.Build(static services => services.AddHandler(new Script<First>(), Name));
        host.Control.Pause(Name);
        await host.StartAsync();
        await Eventually.HoldsAsync(() => host.Logs.Named("StateChanged").Count == 3, "it is paused, and that is logged");
        host.Control.Resume(Name);
        await host.Control.DrainAsync(Name).InTime();
        await host.Control.RestartAsync(Name).InTime();
        await host.StopAsync();

        // Each thread logs after it has let go of the lock: two steps that follow at once may be logged the other way round.
        Assert.That(host.Logs.Named("StateChanged").Select(static entry => entry.Message), Is.EquivalentTo([
            "Sidecar 'sidecar' went from Created to Starting.",
            "Sidecar 'sidecar' went from Starting to Ready.",
            "Sidecar 'sidecar' went from Ready to Paused.",
            "Sidecar 'sidecar' went from Paused to Ready.",
            "Sidecar 'sidecar' went from Ready to Draining.",
            "Sidecar 'sidecar' went from Draining to Stopped.",
            "Sidecar 'sidecar' went from Stopped to Restarting.",
            "Sidecar 'sidecar' went from Restarting to Ready.",
            "Sidecar 'sidecar' went from Ready to Draining.",
            "Sidecar 'sidecar' went from Draining to Stopped.",
        ]));
    }

    [Test]
    public async Task Drain_LoggerWaitsForWhoAsksTheControlMeanwhile_HoldsNobodyUp()
    {
        await using var host = TestHost.Build(static services => services.AddHandler(new Script<First>(), Name));
        await host.StartAsync();
        var hasAsked = false;
        host.Logs.OnEntry = entry =>
        {
            if (entry.Event.Name == "StateChanged" && entry.Message.EndsWith("to Draining.", StringComparison.Ordinal))
            {
                hasAsked = Task.Run(() => host.Control.Resume(Name)).Wait(Eventually.Limit);
            }
        };

        await host.Control.DrainAsync(Name).InTime();

        Assert.That(hasAsked, "nothing is locked while the logger runs");
    }

    [Test]
    public async Task Restart_OfOneThatIgnoresItsToken_LeavesItBehindAfterItsTime()
    {
        var held = new SyncPoint();
        var script = new Script<First>
        {
            Run = (context, ct) => context.Incarnation == 1 ? held.PassAsync(CancellationToken.None) : Script.UntilCancelledAsync(ct),
        };
        await using var host = TestHost.Build(services => services.AddRun(script, Name));
        await host.StartAsync();
        await held.ReachedAsync();

        var restart = host.Control.RestartAsync(Name);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await restart.InTime();

        Assert.That((script.Created, script.Disposed), Is.EqualTo((2, 0)), "nothing is disposed of under code that runs");
        held.Release();
        await Eventually.HoldsAsync(() => script.Disposed == 1);
    }

    [Test]
    public async Task Restart_AskedForJustAsItBecomesReady_IsOverOnceTheNextOneIs()
    {
        var (becomesReady, next) = (new SyncPoint(), new SyncPoint());
        var script = new Script<First>
        {
            Start = (context, ct) => context.Incarnation == 1 ? Task.CompletedTask : next.PassAsync(ct),
        };
        await using var host = TestHost.Build(services => services.AddStartupRun(script, Name));
        host.Logs.OnEntry = entry =>
        {
            if (entry.Event.Name == "StateChanged" && host.Snapshot(Name) is { State: SidecarState.Ready, Incarnation: 1 })
            {
                becomesReady.Pass();
            }
        };
        var start = host.StartAsync();
        await becomesReady.ReachedAsync();

        var restart = host.Control.RestartAsync(Name);
        becomesReady.Release();
        await start;
        await next.ReachedAsync();

        Assert.That(restart.IsCompleted, Is.False, "the one that was ready is the one that went");
        next.Release();
        await restart.InTime();
        Assert.That(host.Snapshot(Name), Has.Property("State").EqualTo(SidecarState.Ready).And.Property("Incarnation").EqualTo(2));
    }

    [Test]
    public async Task Restart_DrainedWhileItsMakingHangs_BeginsOnceThatIsOver()
    {
        var making = new SyncPoint();
        var script = new Script<First>();
        script.Create = () =>
        {
            if (script.Created == 2)
            {
                making.Pass();
            }
        };
        await using var host = TestHost.Build(services => services.AddHandler(script, Name));
        await host.StartAsync();
        var first = host.Control.RestartAsync(Name);
        await making.ReachedAsync();
        var drain = host.Control.DrainAsync(Name);
        await host.Clock.PassAsync(SidecarConstants.DrainTimeout);
        await host.Clock.PassAsync(SidecarConstants.AbandonGrace);
        await drain.InTime();
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));

        var restart = host.Control.RestartAsync(Name);
        making.Release();
        await restart.InTime();

        Assert.That(await first.FailureAsync(), Is.InstanceOf<InvalidOperationException>(), "that one was drained");
        Assert.That(host.Snapshot(Name), Has.Property("State").EqualTo(SidecarState.Ready).And.Property("Incarnation").EqualTo(3));
    }

    [Test]
    public async Task Restart_BetweenTwoFailures_BeginsANewRow()
    {
        using var fail = new SemaphoreSlim(0);
        var script = new Script<First>
        {
            Run = async (_, ct) =>
            {
                await fail.WaitAsync(ct);
                throw new IOException("broken");
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, Name, static options => options.MaxRestarts = 1));
        await host.StartAsync();
        fail.Release();
        await host.Clock.PassFirstRestartDelayAsync();
        await host.StateAsync(Name, SidecarState.Ready);

        await host.Control.RestartAsync(Name).InTime();
        fail.Release();
        await host.Clock.PassFirstRestartDelayAsync(); // Not for good, and not after twice the time.

        await Eventually.HoldsAsync(() => host.Snapshot(Name) is { State: SidecarState.Ready, Incarnation: 4 });
    }
}
