using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>Pause, resume, flush, restart and drain by control, in every mode of dispatch.</summary>
[TestFixture("single")]
[TestFixture("concurrent")]
[TestFixture("keyed")]
[TestFixture("evicting")]
[CancelAfter(170_000)]
internal sealed class ControlTests(string mode)
{
    private const string Name = "sidecar";

    private Account _account = null!;
    private Script<First> _script = null!;

    [SetUp]
    public void Create()
    {
        _account = new Account();
        _script = new Script<First> { Handle = _account.Counting<int>(static _ => { }) };
    }

    [Test]
    public async Task Pause_MessagesComeIn_AreAcceptedAndWaitUntilResumed()
    {
        await using var host = await StartAsync();

        host.Control.Pause(Name);
        host.Control.Pause(Name); // Again: nothing.
        Publish(host, 0, 5);

        await host.StateAsync(Name, SidecarState.Paused);
        Assert.That(host.Snapshot(Name).IsReady);
        _account.AssertBalances(host.Control, Name, queued: 5);

        host.Control.Resume(Name);
        host.Control.Resume(Name);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    public async Task Pause_WithAMessageInFlight_LetsItEnd()
    {
        var held = new SyncPoint();
        _script.Handle = _account.Counting<int>(async (_, _, ct) => await held.PassAsync(ct));
        await using var host = await StartAsync();
        Publish(host, 0, 1);
        await held.ReachedAsync();

        host.Control.Pause(Name);
        Publish(host, 1, 1);
        held.Release();

        await _account.BalancesAsync(host.Control, Name, queued: 1);
        host.Control.Resume(Name);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Pause_BeforeTheStart_ItStartsPaused()
    {
        await using var host = Build();
        host.Control.Pause(Name);
        Publish(host, 0, 2);
        await host.StartAsync();

        await host.StateAsync(Name, SidecarState.Paused);
        _account.AssertBalances(host.Control, Name, queued: 2);
        host.Control.Resume(Name);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Pause_OutlivesARestart()
    {
        await using var host = await StartAsync();
        host.Control.Pause(Name);
        Publish(host, 0, 3);

        await host.Control.RestartAsync(Name).InTime();

        await host.StateAsync(Name, SidecarState.Paused);
        _account.AssertBalances(host.Control, Name, queued: 3);
        Assert.That(_script.Created, Is.EqualTo(2));
        host.Control.Resume(Name);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Pause_LoggerWaitsForWhoAsksTheControlMeanwhile_HoldsNobodyUp()
    {
        await using var host = await StartAsync();
        var isResumed = false;
        host.Logs.OnEntry = entry =>
        {
            if (entry.Event.Name == "StateChanged" && entry.Message.EndsWith("to Paused.", StringComparison.Ordinal))
            {
                isResumed = Task.Run(() => host.Control.Resume(Name)).Wait(Eventually.Limit);
            }
        };

        host.Control.Pause(Name);

        Assert.That(isResumed, "nothing is locked while the logger runs");
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    public async Task PauseAndResume_ManyTimesUnderLoad_LoseNothing()
    {
        await using var host = await StartAsync();
        var toggling = Task.Run(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                host.Control.Pause(Name);
                Thread.Yield();
                host.Control.Resume(Name);
            }
        });
        for (var message = 0; message < 20_000; message++)
        {
            await _account.WriteAsync(host.Writer<int>(), message).InTime();
        }

        await toggling.InTime();
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Pause_WhileMessagesAreTaken_NothingBeginsThatIsPublishedAfterIt()
    {
        const int After = -1;
        var isPaused = false;
        var early = 0;
        _script.Handle = _account.Counting<int>(message => early += message == After && Volatile.Read(ref isPaused) ? 1 : 0);
        await using var host = await StartAsync();
        for (var round = 0; round < 200; round++)
        {
            Publish(host, 0, 3);
            host.Control.Pause(Name);
            Volatile.Write(ref isPaused, true);
            Publish(host, After, 1);
            await host.Control.RestartAsync(Name).InTime(); // What had begun is over now.
            Volatile.Write(ref isPaused, false);
            host.Control.Resume(Name);
            await _account.BalancesAsync(host.Control, Name);
        }

        Assert.That(early, Is.Zero);
    }

    [Test]
    public async Task Stop_WhilePaused_Drains()
    {
        await using var host = await StartAsync();
        host.Control.Pause(Name);
        Publish(host, 0, 5);

        await host.StopAsync();

        Assert.That(_account.Handled, Is.EqualTo(5));
        _account.AssertBalances(host.Control, Name);
        Assert.That(
            () => host.Control.Pause(Name), Throws.InvalidOperationException.With.Message.EqualTo("Sidecar 'sidecar' has ended: it can not be paused."));
        Assert.That(() => host.Control.Resume(Name), Throws.Nothing);
    }

    [Test]
    public async Task Flush_CompletesOnceWhatWasAcceptedBeforeItIsSettledAndNotLater()
    {
        var points = Enumerable.Range(0, 4).Select(static _ => new SyncPoint()).ToArray();
        _script.Handle = _account.Counting<int>(async (message, _, ct) => await points[message].PassAsync(ct));
        await using var host = await StartAsync();
        Publish(host, 0, 3);
        await points[0].ReachedAsync();

        var flush = host.Control.FlushAsync(Name);
        Publish(host, 3, 1);
        points[1].Release();
        points[2].Release();
        Assert.That(flush.IsCompleted, Is.False, "the first is still with its handler");

        points[0].Release();
        await flush.InTime();
        Assert.That(_account.Handled, Is.EqualTo(3));
        points[3].Release();
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Flush_NothingThere_CompletesAtOnce()
    {
        await using var host = await StartAsync();
        await host.Control.FlushAsync(Name).InTime();
    }

    [Test]
    public async Task Flush_ManyTimesUnderLoad_EachFindsWhatWasPublishedBeforeItSettled()
    {
        var highest = -1;
        var settled = new bool[20_000];
        _script.Handle = _account.Counting<int>(async (message, _, _) =>
        {
            if (message % 50 == 0)
            {
                await Task.Yield();
            }

            Volatile.Write(ref settled[message], true);
        });
        await using var host = await StartAsync();
        var publishing = Task.Run(async () =>
        {
            for (var message = 0; message < settled.Length; message++)
            {
                await _account.WriteAsync(host.Writer<int>(), message);
                Volatile.Write(ref highest, message);
            }
        });

        while (!publishing.IsCompleted)
        {
            var before = Volatile.Read(ref highest);
            await host.Control.FlushAsync(Name).InTime();
            for (var message = 0; message <= before; message++)
            {
                Assert.That(settled[message] || mode == "evicting");
            }
        }

        await publishing;
        await host.Control.FlushAsync(Name).InTime();
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Flush_WherePausedOrFromItsOwnHandler_IsRefused()
    {
        TestHost? host = null;
        Exception? refusal = null;
        _script.Handle = _account.Counting<int>(async (_, _, _) => refusal = await Record(() => host!.Control.FlushAsync(Name)));
        await using var built = host = await StartAsync();
        Publish(host, 0, 1);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(refusal, Is.TypeOf<InvalidOperationException>().With.Message.Contains("'sidecar'"));

        host.Control.Pause(Name);
        Assert.That(() => host.Control.FlushAsync(Name), Throws.InvalidOperationException.With.Message.Contains("paused"));
    }

    [Test]
    public async Task Flush_CancelledOrStopped_DoesNotWaitOn()
    {
        var held = new SyncPoint();
        _script.Handle = async (_, _, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            _account.CountLate();
        };
        await using var host = await StartAsync();
        Publish(host, 0, 1);
        await held.ReachedAsync();

        using var cancellation = new CancellationTokenSource();
        var cancelled = host.Control.FlushAsync(Name, cancellation.Token);
        await cancellation.CancelAsync();
        Assert.That(await cancelled.FailureAsync(), Is.InstanceOf<OperationCanceledException>());

        var flush = host.Control.FlushAsync(Name);
        var stop = host.StopAsync();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => stop.IsCompleted);
        await stop;
        await flush.InTime();
        _account.CountAbandoned(1);
        held.Release();
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Late == 1);
        _account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Restart_MessageInFlight_SettlesFirstAndTheNextIncarnationGoesOn()
    {
        var held = new SyncPoint();
        _script.Handle = _account.Counting<int>(async (message, _, ct) =>
        {
            if (message == 0)
            {
                await held.PassAsync(ct);
            }
        });
        await using var host = await StartAsync();
        Publish(host, 0, 1);
        await held.ReachedAsync();
        Publish(host, 1, 2);

        var restart = host.Control.RestartAsync(Name);
        Assert.That(host.Control.RestartAsync(Name).IsCompleted, Is.False);
        held.Release();
        await restart.InTime();

        await _account.BalancesAsync(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_script.Created, Is.EqualTo(2));
            Assert.That(_script.Disposed, Is.EqualTo(1));
            Assert.That(host.Snapshot(Name).Restarts, Is.EqualTo(1));
            Assert.That(host.Snapshot(Name).LastError, Is.Null);
        }
    }

    [Test]
    public async Task Restart_HandlerDoesNotEnd_IsInterruptedAfterItsTime()
    {
        var held = new SyncPoint();
        _script.Handle = async (message, _, _) =>
        {
            if (message == 0)
            {
                await held.PassAsync(CancellationToken.None);
                _account.CountLate();
                return;
            }

            _account.CountHandled();
        };
        await using var host = await StartAsync();
        Publish(host, 0, 1);
        await held.ReachedAsync();

        var restart = host.Control.RestartAsync(Name);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await restart.InTime();

        _account.CountDeadLettered();
        Publish(host, 1, 1);
        await Eventually.HoldsAsync(() => _account.Handled == 1);
        Assert.That(host.Control.GetDeadLetters(Name).Single().Reason, Is.EqualTo(DeadLetterReason.Interrupted));
        held.Release();
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Late == 1);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Restart_HandlerHeedsItsToken_IsCancelledAfterItsTime()
    {
        var held = new SyncPoint();
        _script.Handle = async (message, _, ct) =>
        {
            if (message == 0)
            {
                await held.PassAsync(ct); // Nobody lets it go on.
            }

            _account.CountHandled();
        };
        await using var host = await StartAsync();
        Publish(host, 0, 1);
        await held.ReachedAsync();

        var restart = host.Control.RestartAsync(Name);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await restart.InTime();

        _account.CountDeadLettered();
        Publish(host, 1, 1);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Single().Reason, Is.EqualTo(DeadLetterReason.Interrupted));
        Assert.That(host.Snapshot(Name).AbandonedCalls, Is.Zero);
    }

    [Test]
    public async Task Restart_Idle_IsReplacedAtOnce()
    {
        await using var host = await StartAsync();
        for (var restarts = 1; restarts <= 5; restarts++)
        {
            await host.Control.RestartAsync(Name).InTime();
            Publish(host, restarts, 1);
            await _account.BalancesAsync(host.Control, Name);
            Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(restarts + 1));
        }
    }

    [Test]
    public async Task Restart_ManyTimesUnderLoad_LosesNothing()
    {
        await using var host = await StartAsync();
        var restarting = Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                await host.Control.RestartAsync(Name).InTime();
            }
        });
        for (var message = 0; message < 20_000; message++)
        {
            await _account.WriteAsync(host.Writer<int>(), message).InTime();
        }

        await restarting;
        await _account.BalancesAsync(host.Control, Name);
        await host.StopAsync();
        Assert.That(_script.Disposed, Is.EqualTo(51));
    }

    [Test]
    public async Task Restart_WhileItWaitsForItsRestart_DoesNotWaitOn()
    {
        await using var host = await StartAsync();
        _script.Create = static () => throw new IOException("not now");
        var first = host.Control.RestartAsync(Name);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2)); // The new incarnation failed, and waits.
        _script.Create = static () => { };

        await host.Control.RestartAsync(Name).InTime();
        await first.InTime();
        Assert.That(_script.Created, Is.EqualTo(3));
    }

    [Test]
    public async Task Restart_WhileItWaitsButItCanNotBeMade_WaitsAgain()
    {
        await using var host = await StartAsync();
        _script.Create = static () => throw new IOException("not now");
        var first = host.Control.RestartAsync(Name);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));

        var second = host.Control.RestartAsync(Name);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(1.6), TimeSpan.FromSeconds(2.4)); // One wait was skipped, not all that follow.
        Assert.That(_script.Created, Is.EqualTo(3));

        _script.Create = static () => { };
        await host.Control.RestartAsync(Name).InTime();
        await Task.WhenAll(first, second).InTime();
    }

    [Test]
    public async Task Drain_ThenRestart_OpensItAgain()
    {
        await using var host = await StartAsync();
        host.Control.Pause(Name);
        Publish(host, 0, 3);

        await host.Control.DrainAsync(Name).InTime();
        await host.Control.DrainAsync(Name).InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_account.Handled, Is.EqualTo(3));
            Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(_account.TryWrite(host.Writer<int>(), 9), Is.False);
        }

        await host.Control.RestartAsync(Name).InTime();
        Publish(host, 3, 3);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));

        await host.StopAsync();
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
        _account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Restart_Failed_OpensItAgain()
    {
        var fails = true;
        _script.Create = () =>
        {
            if (Volatile.Read(ref fails))
            {
                throw new IOException("not now");
            }
        };
        await using var host = Build(static options =>
        {
            options.Critical = false;
            options.RestartPolicy = RestartPolicy.Never;
        });
        await host.StartAsync();
        await host.StateAsync(Name, SidecarState.Failed);
        Assert.That(_account.TryWrite(host.Writer<int>(), 9), Is.False);

        Volatile.Write(ref fails, false);
        await host.Control.RestartAsync(Name).InTime();
        Publish(host, 0, 3);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Snapshot(Name).IsReady);
    }

    [Test]
    public async Task Restart_WhereItMakesNoSense_IsRefused()
    {
        await using var host = Build();
        Assert.That(() => host.Control.RestartAsync(Name), Throws.InvalidOperationException.With.Message.Contains("has not been started"));
        Assert.That(() => host.Control.DrainAsync(Name), Throws.InvalidOperationException.With.Message.Contains("has not been started"));

        await host.StartAsync();
        await host.StopAsync();
        Assert.That(() => host.Control.RestartAsync(Name), Throws.InvalidOperationException.With.Message.Contains("stops"));
    }

    private static async Task<Exception?> Record(Func<Task> act)
    {
        try
        {
            await act();
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return exception;
        }
    }

    private void Publish(TestHost host, int first, int count)
    {
        for (var message = first; message < first + count; message++)
        {
            Assert.That(_account.TryWrite(host.Writer<int>(), message));
        }
    }

    private async Task<TestHost> StartAsync()
    {
        var host = Build();
        await host.StartAsync();
        return host;
    }

    private TestHost Build(Action<SidecarOptions>? configure = null) => TestHost.Build(services =>
    {
        var builder = services.AddHandler(_script, Name, options =>
        {
            options.Concurrency = mode is "concurrent" or "keyed" ? 3 : 1;
            options.FullMode = mode == "evicting" ? BoundedChannelFullMode.DropOldest : BoundedChannelFullMode.Wait;
            configure?.Invoke(options);
        });
        builder.OnDropped(_account.CountDropped);
        if (mode == "keyed")
        {
            builder.PartitionBy(static message => message % 5);
        }
    });
}
