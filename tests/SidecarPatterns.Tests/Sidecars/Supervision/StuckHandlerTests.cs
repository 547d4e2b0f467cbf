using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>Handler calls that do not come to an end: the watchdog reports them, and replaces the sidecar where that is asked for.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class StuckHandlerTests
{
    private const string Name = "stuck";

    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private Account _account = null!;
    private SyncPoint[] _held = null!;

    [SetUp]
    public void Create()
    {
        _account = new Account();
        _held = [.. Enumerable.Range(0, 8).Select(static _ => new SyncPoint())];
    }

    [Test]
    public async Task Watchdog_CallRunsForStuckAfter_IsReportedOnceWithTypeAndDuration([Values] bool blocks, [Values(1, 3)] int concurrency)
    {
        await using var host = await StartAsync(Holding(blocks), options => options.Concurrency = concurrency);
        await PublishAsync(host, 1);
        await _held[1].ReachedAsync();

        host.Clock.Advance(StuckAfter - TimeSpan.FromTicks(1));
        Assert.That(host.Logs.Named("HandlerStuck"), Is.Empty, "not before its time");
        host.Clock.Advance(TimeSpan.FromTicks(1));
        await host.LoggedAsync("HandlerStuck");

        var entry = host.Logs.Named("HandlerStuck").Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(entry.Level, Is.EqualTo(LogLevel.Error));
            Assert.That(entry.Message, Is.EqualTo("A handler of sidecar 'stuck' has been at one System.Int32 for 00:01:00 and has not ended."));
            Assert.That(host.Snapshot(Name), Has.Property("Stuck").EqualTo(1).And.Property("State").EqualTo(SidecarState.Ready));
        }

        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(static check => check.Name == "sidecars-live");
        Assert.That(health.Entries.Values.Single(), Has.Property("Status").EqualTo(HealthStatus.Degraded).And.Property("Description").EqualTo("'stuck' is stuck (Ready)."));

        host.Clock.Advance(10 * StuckAfter);
        _held[1].Release();
        await _account.BalancesAsync(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("HandlerStuck"), Has.Count.EqualTo(1));
            Assert.That(host.Snapshot(Name).Stuck, Is.Zero);
        }
    }

    [Test]
    public async Task Watchdog_CallsThatEndInTime_AreNotReported()
    {
        await using var host = await StartAsync(Holding(blocks: false));
        for (var message = 1; message <= 3; message++)
        {
            await PublishAsync(host, message);
            await _held[message].ReachedAsync();
            host.Clock.Advance(StuckAfter - TimeSpan.FromSeconds(1));
            _held[message].Release();
            await _account.BalancesAsync(host.Control, Name);
        }

        Assert.That(host.Logs.Named("HandlerStuck"), Is.Empty);
    }

    [Test]
    public async Task Watchdog_CallAmongOthersThatEndAtOnce_IsReportedWithinTwiceTheTime()
    {
        await using var host = await StartAsync((message, _, _) =>
        {
            if (message == 2)
            {
                _held[2].Pass();
            }

            return default;
        });
        await PublishForOneRunAsync(host, 0, 1, 2, 3);
        await _held[2].ReachedAsync();

        host.Clock.Advance(StuckAfter);
        host.Clock.Advance(StuckAfter);

        await host.LoggedAsync("HandlerStuck");
        Assert.That(
            host.Logs.Named("HandlerStuck").Single().Message, Does.Contain(" for 00:01:00 "), "when it began is not known: it counts from the first look");
        _held[2].Release();
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Watchdog_AwaitedCallAmongOthersThatEndAtOnce_IsReportedInTime()
    {
        var held = new HeldCall();
        await using var host = await StartAsync(
            (message, _, _) =>
            {
                _account.CountHandled();
                return message == 2 ? held.Call : default;
            },
            counts: false);
        await PublishForOneRunAsync(host, 0, 1, 2, 3);
        await held.AwaitedAsync();

        host.Clock.Advance(StuckAfter);

        Assert.That(host.Logs.Named("HandlerStuck"), Has.Count.EqualTo(1), "since when it takes is known once it is awaited");
        held.End();
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Watchdog_TheNextCallIsStuckToo_IsReportedAsWell([Values] bool blocks)
    {
        await using var host = await StartAsync(Holding(blocks));
        await PublishForOneRunAsync(host, 1, 2); // Where one is awaited, the next begins another run.
        await _held[1].ReachedAsync();
        host.Clock.Advance(StuckAfter);
        Assert.That(host.Logs.Named("HandlerStuck"), Has.Count.EqualTo(1));

        _held[1].Release();
        await _held[2].ReachedAsync();
        host.Clock.Advance(StuckAfter);
        host.Clock.Advance(StuckAfter);

        Assert.That(host.Logs.Named("HandlerStuck"), Has.Count.EqualTo(2));
        _held[2].Release();
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Watchdog_WhileCallsRun_LooksNoSoonerThanOneOfThemCanBeLate()
    {
        await using var host = await StartAsync(Holding(blocks: false), static options => options.Concurrency = 2);
        var waits = new List<TimeSpan>();
        host.Clock.OnArming = waits.Add;
        await PublishAsync(host, 1);
        await _held[1].ReachedAsync();
        host.Clock.Advance(StuckAfter / 2);
        await PublishAsync(host, 2);
        await _held[2].ReachedAsync();
        waits.Clear();

        host.Clock.Advance(StuckAfter / 2); // The first is late,
        host.Clock.Advance(StuckAfter / 2); // and the second.

        Assert.That(host.Logs.Named("HandlerStuck"), Has.Count.EqualTo(2));
        Assert.That(waits, Is.Not.Empty.And.All.GreaterThanOrEqualTo(StuckAfter / 2));
        host.Clock.OnArming = null;
        Array.ForEach(_held, static held => held.Release());
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Watchdog_NoStuckAfter_ReportsNothing()
    {
        await using var host = await StartAsync(Holding(blocks: false), static options => options.StuckAfter = null);
        await PublishAsync(host, 1);
        await _held[1].ReachedAsync();

        host.Clock.Advance(TimeSpan.FromDays(49));
        _held[1].Release();

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Logs.Named("HandlerStuck"), Is.Empty);
    }

    [Test]
    public async Task Watchdog_WaitForARetry_IsNoCall()
    {
        var isSecond = false;
        await using var host = await StartAsync(
            (_, _, _) => isSecond ? default : throw new InvalidOperationException("the first attempt"),
            static options =>
            {
                options.MaxAttempts = 2;
                options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromDays(40);
            },
            counts: false);
        _account.Count((await host.Writer<int>().WaitToWriteAsync()) && host.Writer<int>().TryWrite(1));
        TimeSpan? delaying = null;
        await Eventually.HoldsAsync(() => (delaying = host.Clock.Armed.Where(static due => due != StuckAfter).Cast<TimeSpan?>().FirstOrDefault()) is not null, "the retry waits");
        var delay = delaying!.Value;

        host.Clock.Advance(delay / 2); // Days, nearly always.
        Assert.That(host.Logs.Named("HandlerStuck"), Is.Empty);
        isSecond = true;
        host.Clock.Advance(delay - (delay / 2));

        _account.CountHandled();
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task RestartWhenStuck_HandlerHeedsItsToken_FailsItsMessageAndAFreshInstanceGoesOn([Values(1, 3)] int concurrency)
    {
        var incarnations = new List<int>();
        await using var host = await StartAsync(
            async (message, context, ct) =>
            {
                incarnations.Add(context.Incarnation);
                await (message == 1 ? _held[1].PassAsync(ct) : Task.CompletedTask);
            },
            options =>
            {
                options.RestartWhenStuck = true;
                options.Concurrency = concurrency;
            });
        await PublishAsync(host, 1);
        await _held[1].ReachedAsync();
        if (concurrency == 1)
        {
            await PublishAsync(host, 2);
        }

        host.Clock.Advance(StuckAfter);
        await RestartAsync(host);
        if (concurrency > 1)
        {
            await PublishAsync(host, 2);
        }

        await _account.BalancesAsync(host.Control, Name);
        var letter = host.Control.GetDeadLetters(Name).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letter.Reason, Is.EqualTo(DeadLetterReason.Interrupted));
            Assert.That(incarnations, Is.EqualTo([1, 2]));
            Assert.That(host.Snapshot(Name), Has.Property("Restarts").EqualTo(1).And.Property("AbandonedCalls").Zero);
            Assert.That(host.Logs.Named("RestartPlanned").Single().Exception, Is.InstanceOf<TimeoutException>().With.Message.Contains("StuckAfter"));
        }
    }

    [Test]
    public async Task RestartWhenStuck_HandlerHeedsItsTokenAndAttemptsAreLeft_IsAttemptedAgainByTheFreshInstance()
    {
        var attempts = new List<(int Incarnation, int Attempt)>();
        await using var host = await StartAsync(
            async (_, context, ct) =>
            {
                attempts.Add((context.Incarnation, context.Attempt));
                await (context.Attempt == 1 ? _held[1].PassAsync(ct) : Task.CompletedTask);
                _account.CountHandled();
            },
            static options =>
            {
                options.RestartWhenStuck = true;
                options.MaxAttempts = 2;
                options.RetryDelay = options.MaxRetryDelay = TimeSpan.Zero;
            },
            counts: false);
        await PublishAsync(host, 1);
        await _held[1].ReachedAsync();

        host.Clock.Advance(StuckAfter);
        await RestartAsync(host);

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(attempts, Is.EqualTo([(1, 1), (2, 2)]));
    }

    [Test]
    public async Task RestartWhenStuck_HandlersIgnoreTheirTokens_AreLeftBehindUpToMaxAbandonedAndThenItFailsForGood()
    {
        await using var host = await StartAsync(
            (message, _, _) => new ValueTask(_held[message].PassAsync(CancellationToken.None)),
            static options =>
            {
                options.RestartWhenStuck = true;
                options.MaxAbandoned = 2;
                options.Critical = false;
            },
            counts: false);
        for (var message = 1; message <= 4; message++)
        {
            await PublishAsync(host, message);
        }

        for (var message = 1; message <= 3; message++)
        {
            await _held[message].ReachedAsync();
            host.Clock.Advance(StuckAfter);
            await host.Clock.PassAsync(Grace);
            _account.CountDeadLettered();
            if (message < 3)
            {
                await Eventually.HoldsAsync(() => host.Snapshot(Name).State == SidecarState.Restarting);
                await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => _held[message + 1].IsReached);
            }
        }

        await host.StateAsync(Name, SidecarState.Failed);
        _account.CountDeadLettered(); // The fourth, with its sidecar.
        await _account.BalancesAsync(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot(Name).AbandonedCalls, Is.EqualTo(3));
            Assert.That(host.Snapshot(Name).LastError!.Message, Is.EqualTo(
                "Sidecar 'stuck' has left 3 handler call(s) behind that ignore their cancelled token and still run; MaxAbandoned allows 2."));
        }

        Array.ForEach(_held, static held => held.Release());
        for (var i = 0; i < 3; i++)
        {
            _account.CountLate();
        }

        await _account.BalancesAsync(host.Control, Name);
        await host.StopAsync();
        Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(3), "none was begun after the last that it may leave behind");
    }

    [Test]
    public async Task RestartWhenStuck_CallsThatWereLeftBehindHaveEnded_DoNotCountAnyMore()
    {
        await using var host = await StartAsync(
            (message, _, _) => new ValueTask(_held[message].PassAsync(CancellationToken.None)),
            static options =>
            {
                options.RestartWhenStuck = true;
                options.MaxAbandoned = 1;
                options.MaxRestarts = 100;
            },
            counts: false);
        for (var message = 1; message <= 5; message++)
        {
            await PublishAsync(host, message);
            await _held[message].ReachedAsync();
            host.Clock.Advance(StuckAfter);
            await host.Clock.PassAsync(Grace);
            _account.CountDeadLettered();
            await Eventually.HoldsAsync(() => host.Snapshot(Name).State == SidecarState.Restarting);
            _held[message].Release();
            _account.CountLate();
            await _account.BalancesAsync(host.Control, Name);
            await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => host.Snapshot(Name).State == SidecarState.Ready);
        }

        Assert.That(host.Snapshot(Name), Has.Property("AbandonedCalls").EqualTo(5).And.Property("Restarts").EqualTo(5));
    }

    [Test]
    public async Task RestartWhenStuck_OneLaneOfSeveral_LetsTheOthersEndTheirCalls()
    {
        await using var host = await StartAsync(
            Holding(blocks: false, heedsToken: true),
            static options =>
            {
                options.RestartWhenStuck = true;
                options.Concurrency = 2;
            });
        await PublishAsync(host, 1);
        await _held[1].ReachedAsync();
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await PublishAsync(host, 2);
        await _held[2].ReachedAsync();

        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await Eventually.HoldsAsync(() => host.Snapshot(Name).DeadLettered == 1);
        Assert.That(host.Snapshot(Name).InFlight, Is.EqualTo(1));
        _held[2].Release();
        await RestartAsync(host);

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_account.Handled, Is.EqualTo(1));
    }

    [Test]
    public async Task RestartWhenStuck_StopWhileItIsStuck_DrainsAsEver()
    {
        await using var host = await StartAsync(Holding(blocks: false), static options => options.RestartWhenStuck = true, counts: false);
        await PublishAsync(host, 1);
        await _held[1].ReachedAsync();
        host.Clock.Advance(StuckAfter);
        await host.LoggedAsync("HandlerStuck");

        var stop = host.StopAsync();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => stop.IsCompleted);
        await stop;

        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
        _held[1].Release();
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Late == 1);
        Assert.That(host.Snapshot(Name), Has.Property("AbandonedCalls").EqualTo(1).And.Property("InFlight").Zero);
    }

    [Test]
    public async Task RestartWhenStuck_ItDrainsAlready_CallHasTheTimeOfTheDrain()
    {
        var token = new TaskCompletionSource<CancellationToken>();
        await using var host = await StartHeldAsync(token);
        var drain = host.Control.DrainAsync(Name);
        await host.Clock.ArmedAsync(TimeSpan.FromHours(1));

        host.Clock.Advance(StuckAfter);
        await host.LoggedAsync("HandlerStuck");
        Assert.That((await token.Task).IsCancellationRequested, Is.False);

        _held[1].Release();
        await drain.InTime();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_account.Handled, Is.EqualTo(1));
    }

    [Test]
    public async Task RestartWhenStuck_ARestartIsUnderWayAlready_CallHasItsTimeAndThatIsNoFailure()
    {
        var token = new TaskCompletionSource<CancellationToken>();
        await using var host = await StartHeldAsync(token);
        var restart = host.Control.RestartAsync(Name);

        host.Clock.Advance(StuckAfter);
        await host.LoggedAsync("HandlerStuck");
        Assert.That((await token.Task).IsCancellationRequested, Is.False);

        _held[1].Release();
        await restart.InTime();
        await _account.BalancesAsync(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_account.Handled, Is.EqualTo(1));
            Assert.That(host.Logs.Named("RestartPlanned"), Is.Empty, "it was asked for");
            Assert.That(host.Snapshot(Name), Has.Property("LastError").Null.And.Property("Restarts").EqualTo(1));
        }
    }

    [Test]
    public async Task BusyTime_CallsOneAfterTheOther_IsTheTimeThatTheyTook()
    {
        await using var host = await StartAsync(Holding(blocks: false));
        for (var message = 1; message <= 3; message++)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(100)); // Idle.
            await PublishAsync(host, message);
            await _held[message].ReachedAsync();
            host.Clock.Advance(TimeSpan.FromSeconds(5));
            Assert.That(host.Snapshot(Name).BusyTime, Is.EqualTo(TimeSpan.FromSeconds(5 * message)), "while it runs");
            _held[message].Release();
            await _account.BalancesAsync(host.Control, Name);
        }

        host.Clock.Advance(TimeSpan.FromSeconds(100));
        await Eventually.HoldsAsync(() => host.Snapshot(Name).BusyTime == TimeSpan.FromSeconds(15));
    }

    [Test]
    public async Task BusyTime_CallsAtTheSameTime_AddUp()
    {
        await using var host = await StartAsync(Holding(blocks: false), static options => options.Concurrency = 3);
        for (var message = 1; message <= 3; message++)
        {
            await PublishAsync(host, message);
            await _held[message].ReachedAsync();
        }

        host.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.That(host.Snapshot(Name).BusyTime, Is.EqualTo(TimeSpan.FromSeconds(15)));
        Array.ForEach(_held, static held => held.Release());
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task BusyTime_CallThatWasGivenUpOn_CountsNoFurther()
    {
        await using var host = await StartAsync(
            Holding(blocks: false), static options => options.HandlerTimeout = TimeSpan.FromSeconds(10), counts: false);
        await PublishAsync(host, 1);
        await _held[1].ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(Grace);
        await RestartAsync(host);

        host.Clock.Advance(TimeSpan.FromHours(1));

        Assert.That(host.Snapshot(Name), Has.Property("BusyTime").EqualTo(TimeSpan.FromSeconds(11)).And.Property("AbandonedCalls").EqualTo(1));
        _held[1].Release();
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Late == 1);
        Assert.That(host.Snapshot(Name).BusyTime, Is.EqualTo(TimeSpan.FromSeconds(11)));
    }

    private Func<int, SidecarContext, CancellationToken, ValueTask> Holding(bool blocks, bool heedsToken = false) => (message, _, ct) =>
    {
        if (blocks)
        {
            _held[message].Pass();
            return default;
        }

        return new ValueTask(_held[message].PassAsync(heedsToken ? ct : CancellationToken.None));
    };

    private static async Task RestartAsync(TestHost host)
    {
        await host.LoggedAsync("RestartPlanned"); // Before that the clock would give up on the call.
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => host.Snapshot(Name).State == SidecarState.Ready);
    }

    /// <summary>Starts a sidecar that is to restart when it is stuck, and that has all the time of a drain; its handler is held with the first message.</summary>
    private async Task<TestHost> StartHeldAsync(TaskCompletionSource<CancellationToken> token)
    {
        var host = await StartAsync(
            async (_, _, ct) =>
            {
                token.SetResult(ct);
                await _held[1].PassAsync(ct);
            },
            static options => (options.RestartWhenStuck, options.DrainTimeout) = (true, TimeSpan.FromHours(1)));
        await PublishAsync(host, 1);
        await _held[1].ReachedAsync();
        return host;
    }

    private async Task<TestHost> StartAsync(
        Func<int, SidecarContext, CancellationToken, ValueTask> handler, Action<SidecarOptions>? configure = null, bool counts = true)
    {
        var host = TestHost.Build(services =>
        {
            services.AddHealthChecks().AddSidecarHealthChecks();
            services.AddSidecar(
                Name,
                counts ? _account.Counting(handler) : handler,
                options =>
                {
                    options.StuckAfter = StuckAfter;
                    configure?.Invoke(options);
                });
        });
        await host.StartAsync();
        return host;
    }

    /// <summary>Publishes messages that are handled one right after the other.</summary>
    private async Task PublishForOneRunAsync(TestHost host, params int[] messages)
    {
        host.Control.Pause(Name);
        foreach (var message in messages)
        {
            await PublishAsync(host, message);
        }

        host.Control.Resume(Name);
    }

    private Task PublishAsync(TestHost host, int message) => _account.WriteAsync(host.Writer<int>(), message);
}
