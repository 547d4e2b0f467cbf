namespace SidecarPatterns.Tests;

/// <summary>A sidecar that has ended begins anew when it is told to: not before its end is over, and seen by all who watch.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RestartAfterEndTests
{
    private const string Name = "sidecar";

    [Test]
    public async Task Restart_ADrainHasLettersToDeliverYet_IsRefusedUntilThatIsOver()
    {
        var (handling, delivering) = (new SyncPoint(), new SyncPoint());
        var script = new Script<First> { Handle = (_, _, ct) => new ValueTask(handling.PassAsync(ct)) };
        await using var host = TestHost.Build(services => services.AddHandler(script, Name).DeadLettersTo(_ => new Sink(delivering)));
        await host.StartAsync();
        Assert.That(host.Writer<int>().TryWrite(1) && host.Writer<int>().TryWrite(Sink.Held));
        await handling.ReachedAsync();

        var drain = host.Control.DrainAsync(Name);
        await host.Clock.PassAsync(SidecarConstants.DrainTimeout);
        await delivering.ReachedAsync(); // The incarnation has ended, and what it has left is abandoned.
        Assert.That(() => host.Control.RestartAsync(Name), Throws.InvalidOperationException.With.Message.Contains("is draining"));

        delivering.Release();
        await drain.InTime();
        await host.Control.RestartAsync(Name).InTime();
        Assert.That(host.Snapshot(Name), Has.Property("State").EqualTo(SidecarState.Ready).And.Property("Restarts").EqualTo(1));
    }

    [Test]
    public async Task Restart_AsSoonAsItsEndIsSeen_OpensItAgain([Values(SidecarState.Stopped, SidecarState.Failed)] SidecarState end)
    {
        var script = new Script<First>
        {
            Run = (context, ct) => context.Incarnation > 1 ? Script.UntilCancelledAsync(ct)
                : end == SidecarState.Failed ? throw new IOException("broken") : Task.CompletedTask,
        };
        await using var host = Build(script);
        var restart = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Logs.OnEntry = entry =>
        {
            if (entry.Event.Name == "StateChanged" && entry.Message.EndsWith($"to {end}.", StringComparison.Ordinal))
            {
                restart.TrySetResult(host.Control.RestartAsync(Name)); // On the supervisor's own thread: it can not be done with the end yet.
            }
        };
        await host.StartAsync();

        await (await restart.Task.InTime()).InTime();
        Assert.That(host.Snapshot(Name), Has.Property("State").EqualTo(SidecarState.Ready).And.Property("Incarnation").EqualTo(2));
    }

    [Test]
    public async Task Restart_AsSoonAsTheEndOfADrainIsSeen_OpensItAgain()
    {
        await using var host = TestHost.Build(static services => services.AddHandler(new Script<First>(), Name));
        await host.StartAsync();
        var restart = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Logs.OnEntry = entry =>
        {
            if (entry.Event.Name == "StateChanged" && entry.Message.EndsWith("to Stopped.", StringComparison.Ordinal))
            {
                restart.TrySetResult(host.Control.RestartAsync(Name)); // On the thread of the drain, which is not done yet.
            }
        };

        await host.Control.DrainAsync(Name).InTime();

        await (await restart.Task.InTime()).InTime();
        Assert.That(host.Snapshot(Name), Has.Property("State").EqualTo(SidecarState.Ready).And.Property("Incarnation").EqualTo(2));
    }

    [Test]
    public async Task Restart_OfOneThatFailedForGood_BeginsANewRow()
    {
        var script = new Script<First> { Run = static (_, _) => Task.FromException(new IOException("broken")) };
        await using var host = TestHost.Build(services => services.AddRun(
            script, Name, static options => (options.Critical, options.MaxRestarts) = (false, 1)));
        await host.StartAsync();
        await host.Clock.PassFirstRestartDelayAsync();
        await host.StateAsync(Name, SidecarState.Failed);

        var restart = host.Control.RestartAsync(Name);
        await host.Clock.PassFirstRestartDelayAsync(); // Not for good at once, and the first delay again.

        await host.StateAsync(Name, SidecarState.Failed);
        Assert.That(script.Created, Is.EqualTo(4));
        var failure = await restart.FailureAsync();
        Assert.That(failure, Is.TypeOf<InvalidOperationException>().With.InnerException.TypeOf<IOException>());
        Assert.That(failure!.Message, Is.EqualTo("Sidecar 'sidecar' ended before it was ready again."));
    }

    [Test]
    public async Task Restart_OfOneThatHasFailed_IsToldToThoseWhoWatch()
    {
        var script = new Script<First>
        {
            Run = static (context, ct) => context.Incarnation > 1 ? Script.UntilCancelledAsync(ct) : throw new IOException("broken"),
        };
        await using var host = Build(script);
        await using var watcher = new Watcher(host.Control);
        await host.StartAsync();
        while ((await watcher.NextAsync()).State != SidecarState.Failed)
        {
        }

        await host.Control.RestartAsync(Name).InTime();
        var restarting = await watcher.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((restarting.Previous, restarting.State), Is.EqualTo((SidecarState.Failed, SidecarState.Restarting)));
            Assert.That(restarting.Error, Is.Null, "what it failed with was told with the failure");
            Assert.That(await watcher.NextAsync(1), Is.EqualTo(new[] { "sidecar: Restarting to Ready" }));
        }
    }

    private static TestHost Build(Script<First> script) => TestHost.Build(services => services.AddRun(
        script, Name, static options => (options.Critical, options.RestartPolicy) = (false, RestartPolicy.Never)));

    /// <summary>Holds one letter up, and takes all others.</summary>
    private sealed class Sink(SyncPoint held) : IDeadLetterSink
    {
        public const int Held = 2;

        public ValueTask AddAsync(DeadLetter letter, CancellationToken ct) =>
            letter.Message is Held ? new ValueTask(held.PassAsync(CancellationToken.None)) : default;
    }
}
