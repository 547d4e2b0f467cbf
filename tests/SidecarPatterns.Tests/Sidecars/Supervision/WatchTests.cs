namespace SidecarPatterns.Tests;

/// <summary>The lives of sidecars as those see them who watch.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class WatchTests
{
    [Test]
    public async Task WatchAsync_FromBuildToDisposal_TellsEveryStepOfEverySidecarOnceAndThenEnds()
    {
        var host = TestHost.Build(static services =>
        {
            services.AddRun(new Script<First>(), "first");
            services.AddRun(new Script<Second>(), "second");
        });
        await using var watcher = new Watcher(host.Control);
        Assert.That(await watcher.NextAsync(2), Is.EqualTo(new[] { "first is Created", "second is Created" }));

        await host.StartAsync();
        await host.StopAsync();
        await host.DisposeAsync();

        Assert.That(await watcher.RestAsync(), Is.EqualTo(new[]
        {
            "first: Created to Starting",
            "first: Starting to Ready",
            "second: Created to Starting",
            "second: Starting to Ready",
            "second: Ready to Draining",
            "second: Draining to Stopped",
            "first: Ready to Draining",
            "first: Draining to Stopped",
        }));
    }

    [Test]
    public async Task WatchAsync_EachTransition_HasItsTimeAndIncarnation()
    {
        await using var host = TestHost.Build(static services => services.AddRun(new Script<First>(), "beat"));
        var builtAt = host.Clock.GetUtcNow();
        _ = host.Control;
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(1));
        await using var watcher = new Watcher(host.Control);
        var found = await watcher.NextAsync();
        await host.StartAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(found, Is.EqualTo(new SidecarTransition { SidecarName = "beat", State = SidecarState.Created, Time = builtAt }));
            Assert.That(await watcher.NextAsync(), Is.EqualTo(new SidecarTransition
            {
                SidecarName = "beat",
                Previous = SidecarState.Created,
                State = SidecarState.Starting,
                Time = builtAt + TimeSpan.FromSeconds(1),
                Incarnation = 1,
            }));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task WatchAsync_ARestart_TellsTheErrorAndWhenTheNextIncarnationBegins()
    {
        var failure = new FormatException("again");
        await using var host = TestHost.Build(services => services.AddRun(
            new Script<First> { Run = (context, ct) => context.Incarnation == 1 ? throw failure : Script.UntilCancelledAsync(ct) }, "beat"));
        await using var watcher = new Watcher(host.Control);
        await watcher.NextAsync();
        var start = host.StartAsync();
        await watcher.NextAsync();

        var restarting = await watcher.NextAsync();
        var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
        await using var late = new Watcher(host.Control);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(restarting.State, Is.EqualTo(SidecarState.Restarting));
            Assert.That(restarting.RestartDelay!.Value, Is.EqualTo(delay).Within(TimeSpan.FromMilliseconds(1)), "the timer counts whole milliseconds");
            Assert.That(restarting.Error, Is.SameAs(failure));
            Assert.That(restarting.Incarnation, Is.EqualTo(1));
            Assert.That(await late.NextAsync(), Is.EqualTo(restarting with { Previous = null }), "who comes later is told the same");
        }

        await host.Clock.AdvanceAsync(delay + TimeSpan.FromMilliseconds(1));
        await start;
        var ready = await watcher.NextAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((ready.Previous, ready.State, ready.Incarnation), Is.EqualTo((SidecarState.Restarting, SidecarState.Ready, 2)));
            Assert.That((ready.Error, ready.RestartDelay), Is.EqualTo(((Exception?)null, (TimeSpan?)null)));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task WatchAsync_FailsAgainBeforeItIsReady_TellsTheNewErrorAndDelay()
    {
        await using var host = TestHost.Build(static services => services.AddRun(
            new Script<First>
            {
                Run = static (context, ct) => context.Incarnation < 3
                    ? throw new FormatException($"run {context.Incarnation}")
                    : Script.UntilCancelledAsync(ct),
            },
            "beat"));
        await using var watcher = new Watcher(host.Control);
        await watcher.NextAsync();
        var start = host.StartAsync();
        await watcher.NextAsync();

        var first = await watcher.NextAsync();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(0.1), () => host.Snapshot("beat").Restarts == 1);
        var second = await watcher.NextAsync();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(0.1), () => start.IsCompleted);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((first.Previous, first.State, first.Incarnation, first.Error!.Message), Is.EqualTo((SidecarState.Starting, SidecarState.Restarting, 1, "run 1")));
            Assert.That((second.Previous, second.State, second.Incarnation, second.Error!.Message), Is.EqualTo((SidecarState.Restarting, SidecarState.Restarting, 2, "run 2")));
            Assert.That(second.RestartDelay, Is.InRange(TimeSpan.FromSeconds(1.6), TimeSpan.FromSeconds(2.4)));
            Assert.That(second.Time, Is.GreaterThanOrEqualTo(first.Time + first.RestartDelay!.Value));
            Assert.That(await watcher.NextAsync(1), Is.EqualTo(new[] { "beat: Restarting to Ready" }));
        }

        await start;
        await host.StopAsync();
    }

    [Test]
    public async Task WatchAsync_RestartAfterAnOrderlyReturn_HasNoErrorEvenIfThereWasOneBefore()
    {
        await using var host = TestHost.Build(static services => services.AddRun(
            new Script<First>
            {
                Run = static (context, ct) => context.Incarnation switch
                {
                    1 => throw new FormatException("once"),
                    2 => Task.CompletedTask,
                    _ => Script.UntilCancelledAsync(ct),
                },
            },
            "beat",
            static options => (options.RestartPolicy, options.RestartDelay) = (RestartPolicy.Always, TimeSpan.Zero)));
        await using var watcher = new Watcher(host.Control);
        var restarting = await watcher.NextAsync();
        await host.StartAsync();
        do
        {
            restarting = await watcher.NextAsync();
        }
        while (restarting.State != SidecarState.Restarting || restarting.Incarnation < 2);

        Assert.That((restarting.Error, restarting.RestartDelay), Is.EqualTo(((Exception?)null, (TimeSpan?)TimeSpan.Zero)));
        await host.StopAsync();
    }

    [Test]
    public async Task WatchAsync_AFailureForGood_HasTheErrorAndNoRestart()
    {
        var failure = new FormatException("broken");
        await using var host = TestHost.Build(services => services.AddRun(
            new Script<First> { Run = (_, _) => throw failure },
            "helper",
            static options => (options.Critical, options.RestartPolicy) = (false, RestartPolicy.Never)));
        await using var watcher = new Watcher(host.Control);
        await watcher.NextAsync();
        await host.StartAsync();
        await watcher.NextAsync();

        var failed = await watcher.NextAsync();

        Assert.That((failed.State, failed.Error, failed.RestartDelay), Is.EqualTo((SidecarState.Failed, (Exception)failure, (TimeSpan?)null)));
        await host.StopAsync();
    }

    [Test]
    public async Task WatchAsync_AFailureDuringTheStop_IsToldWithTheEnd()
    {
        var failure = new FormatException("at the end");
        var host = TestHost.Build(services => services.AddRun(
            new Script<First>
            {
                Run = async (_, ct) =>
                {
                    await Script.UntilCancelledAsync(ct);
                    throw failure;
                },
            },
            "helper",
            static options => options.Critical = false));
        await using var watcher = new Watcher(host.Control);
        await watcher.NextAsync();
        await host.StartAsync();
        await watcher.NextAsync(2);
        await host.StopAsync();

        var draining = await watcher.NextAsync();
        var stopped = await watcher.NextAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((draining.State, draining.Error), Is.EqualTo((SidecarState.Draining, (Exception?)null)));
            Assert.That((stopped.State, stopped.Error), Is.EqualTo((SidecarState.Stopped, (Exception)failure)));
        }

        await host.DisposeAsync();
    }

    [Test]
    public async Task WatchAsync_SeveralWatchers_EachSeesAllFromWhereItBegan()
    {
        var host = TestHost.Build(static services => services.AddRun(new Script<First>(), "beat"));
        await using var early = new Watcher(host.Control);
        Assert.That(await early.NextAsync(1), Is.EqualTo(new[] { "beat is Created" }));
        await host.StartAsync();
        await using var late = new Watcher(host.Control);
        Assert.That(await late.NextAsync(1), Is.EqualTo(new[] { "beat is Ready" }));
        await using (var left = new Watcher(host.Control))
        {
            await left.NextAsync();
        }

        await host.StopAsync();
        await host.DisposeAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await early.RestAsync(), Is.EqualTo(new[]
            {
                "beat: Created to Starting", "beat: Starting to Ready", "beat: Ready to Draining", "beat: Draining to Stopped",
            }));
            Assert.That(await late.RestAsync(), Is.EqualTo(new[] { "beat: Ready to Draining", "beat: Draining to Stopped" }));
        }
    }

    [Test]
    public async Task WatchAsync_WatcherIsFarTooSlow_HoldsNothingUpAndSeesTheGapAndTheEnd()
    {
        const int Runs = 1_000;
        var host = TestHost.Build(static services =>
        {
            services.AddRun(
                new Script<First>
                {
                    Run = static (context, ct) => context.Incarnation < Runs ? Task.CompletedTask : Script.UntilCancelledAsync(ct),
                },
                "busy",
                static options => (options.RestartPolicy, options.RestartDelay) = (RestartPolicy.Always, TimeSpan.Zero));
            services.AddRun(new Script<Second>(), "calm");
        });
        await using var watcher = new Watcher(host.Control);
        await watcher.NextAsync(2);
        await host.StartAsync();
        await Eventually.HoldsAsync(() => host.Snapshot("busy") is { Incarnation: Runs, State: SidecarState.Ready });
        await host.StopAsync();
        await host.DisposeAsync();

        var told = new List<SidecarTransition>();
        while (await watcher.MoveNextAsync().InTime())
        {
            told.Add(watcher.Current);
        }

        // It began, had to wait for each but the first run, was ready, and took two steps to its end.
        var busy = told.Where(static transition => transition.SidecarName == "busy").ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(busy, Has.Count.EqualTo(256));
            Assert.That(busy[0].Missed, Is.EqualTo(1 + (Runs - 1) + 1 + 2 - 256));
            Assert.That(busy.Skip(1).Select(static transition => transition.Missed), Is.All.Zero);
            Assert.That(busy.Zip(busy.Skip(1)).All(static pair => pair.Second.Previous == pair.First.State), "they follow each other");
            Assert.That(busy[^1].State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(told.Where(static transition => transition.SidecarName == "calm").Select(static transition => (transition.State, transition.Missed)), Is.EqualTo(new[]
            {
                (SidecarState.Starting, 0L), (SidecarState.Ready, 0L), (SidecarState.Draining, 0L), (SidecarState.Stopped, 0L),
            }));
        }
    }

    [Test]
    public async Task WatchAsync_TokenIsCancelled_EndsTheWaitOfThisWatcherAlone()
    {
        using var cancellation = new CancellationTokenSource();
        await using var host = TestHost.Build(static services => services.AddRun(new Script<First>(), "beat"));
        await using var cancelled = new Watcher(host.Control, cancellation.Token);
        await using var other = new Watcher(host.Control);
        await cancelled.NextAsync();
        await other.NextAsync();
        var next = cancelled.MoveNextAsync();

        await cancellation.CancelAsync();

        Assert.That(await next.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        await host.StartAsync();
        Assert.That(await other.NextAsync(2), Is.EqualTo(new[] { "beat: Created to Starting", "beat: Starting to Ready" }));
        await host.StopAsync();
    }

    [Test]
    public async Task WatchAsync_TokenIsCancelledWhileTransitionsWait_EndsAtOnce()
    {
        using var cancellation = new CancellationTokenSource();
        await using var host = TestHost.Build(static services => services.AddRun(new Script<First>(), "beat"));
        await using var watcher = new Watcher(host.Control, cancellation.Token);
        await watcher.NextAsync();
        await host.StartAsync();
        await watcher.NextAsync();

        await cancellation.CancelAsync();

        Assert.That(await watcher.MoveNextAsync().FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        await host.StopAsync();
    }

    [Test]
    public async Task WatchAsync_TokenIsCancelledWhileItTellsHowAllStand_EndsAtOnce()
    {
        using var cancellation = new CancellationTokenSource();
        await using var host = TestHost.Build(static services =>
        {
            services.AddRun(new Script<First>(), "first");
            services.AddRun(new Script<Second>(), "second");
        });
        await using var watcher = new Watcher(host.Control, cancellation.Token);
        await watcher.NextAsync();

        await cancellation.CancelAsync();

        Assert.That(await watcher.MoveNextAsync().FailureAsync(), Is.InstanceOf<OperationCanceledException>());
    }

    // A dashboard may come and go for as long as the host lives.
    [Test]
    public async Task WatchAsync_ManyWatchersComeAndGo_NoneOfThemIsKept()
    {
        const int Watchers = 10_000;
        await using var host = TestHost.Build(static services => services.AddRun(new Script<First>(), "beat"));
        await ComeAndGoAsync(host.Control, 100);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await ComeAndGoAsync(host.Control, Watchers);

        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(100 * Watchers), "bytes");

        static async Task ComeAndGoAsync(ISidecarControl control, int watchers)
        {
            for (var i = 0; i < watchers; i++)
            {
                await foreach (var transition in control.WatchAsync())
                {
                    Assert.That(transition.State, Is.EqualTo(SidecarState.Created));
                    break;
                }
            }
        }
    }

    [Test]
    public async Task WatchAsync_HostWasDisposedOf_TellsHowItEndedAndEnds()
    {
        var host = TestHost.Build(static services => services.AddRun(new Script<First>(), "beat"));
        var control = host.Control;
        await host.StartAsync();
        await host.DisposeAsync();

        await using var watcher = new Watcher(control);

        Assert.That(await watcher.RestAsync(), Is.EqualTo(new[] { "beat is Stopped" }));
    }

    [Test]
    public async Task WatchAsync_WatcherThrowsOrBlocks_SidecarsGoOn()
    {
        var blocked = new SyncPoint();
        await using var host = TestHost.Build(static services => services.AddRun(new Script<First>(), "beat"));
        var throwing = WatchAsync(static () => throw new FormatException("The watcher failed."));
        var blocking = WatchAsync(blocked.Pass);

        await host.StartAsync();
        await blocked.ReachedAsync();
        await host.StopAsync();
        Assert.That(host.Snapshot("beat").State, Is.EqualTo(SidecarState.Stopped));

        blocked.Release();
        Assert.That(await throwing.FailureAsync(), Is.InstanceOf<FormatException>());
        ((IDisposable)host.Host).Dispose();
        await blocking.InTime();

        async Task WatchAsync(Action onStep)
        {
            await foreach (var transition in host.Control.WatchAsync())
            {
                if (transition.State == SidecarState.Ready)
                {
                    onStep();
                }
            }
        }
    }
}
