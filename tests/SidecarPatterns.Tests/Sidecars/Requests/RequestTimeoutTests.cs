namespace SidecarPatterns.Tests;

/// <summary>No reply is awaited for ever, wherever the request is.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RequestTimeoutTests
{
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HandlerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [Test]
    public async Task ReplyTimeout_HandlerHeedsItsToken_IsCancelledAndDeadLettered()
    {
        await using var asking = await Asking.StartAsync(static async (_, _, ct) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return "never";
        });
        var asked = asking.Ask(1);
        await asking.StandsAsync(queued: 0, inFlight: 1);
        await asking.Clock.AdvanceAsync(ReplyTimeout - TimeSpan.FromTicks(1));
        Assert.That(asked.IsCompleted, Is.False);

        await asking.Clock.AdvanceAsync(TimeSpan.FromTicks(1));

        Assert.That(
            await asked.FailureAsync(),
            Is.TypeOf<TimeoutException>().With.Message.Contains("'clerk'").And.Message.Contains("ReplyTimeout (00:00:30)"));
        asking.Account.CountDeadLettered();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task ReplyTimeout_HandlerNeverReturnsAndIgnoresItsToken_CallersAreToldAndTheStopAbandonsIt()
    {
        var held = new SyncPoint();
        await using var asking = await Asking.StartAsync(async (_, _, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            return "late";
        });
        var first = asking.Ask(1);
        await held.ReachedAsync();
        var second = asking.Ask(2);

        await asking.Clock.PassAsync(ReplyTimeout);

        Assert.That(await first.FailureAsync(), Is.TypeOf<TimeoutException>());
        Assert.That(await second.FailureAsync(), Is.TypeOf<TimeoutException>(), "it had not begun");
        asking.Account.AssertBalances(asking.Control, Asking.Name, queued: 1, inFlight: 1);

        var stop = asking.Host.StopAsync();
        await asking.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await asking.Clock.PassAsync(Grace);
        await stop;
        asking.Account.CountAbandoned(2);
        asking.Account.AssertBalances(asking.Control, Asking.Name);
        held.Release();
        asking.Account.CountLate();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task ReplyTimeout_NotBegun_IsSkippedAsEvictedWhenItsTurnComes()
    {
        var held = new SyncPoint();
        Asking asking = null!;
        await using (asking = await Asking.StartAsync(async (request, _, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            asking.Account.CountHandled();
            return $"{request}";
        }))
        {
            var first = asking.Ask(1);
            await held.ReachedAsync();
            var second = asking.Ask(2);
            await asking.Clock.AdvanceAsync(ReplyTimeout);
            await Task.WhenAll(first.FailureAsync(), second.FailureAsync());

            held.Release();
            Assert.That(await asking.Ask(3).InTime(), Is.EqualTo("3"));

            asking.Account.CountEvicted();
            await asking.BalancesAsync();
            Assert.That(asking.Account.Handled, Is.EqualTo(2));
        }
    }

    [Test]
    public async Task ReplyTimeout_WaitingForRoom_IsToldAndNeverAccepted()
    {
        var held = new SyncPoint();
        await using var asking = await Asking.StartAsync(
            async (request, _, _) =>
            {
                await held.PassAsync(CancellationToken.None);
                return $"{request}";
            },
            static options =>
            {
                options.Capacity = 1;
                options.ReplyTimeout = HandlerTimeout;
            });
        _ = asking.Ask(1);
        await held.ReachedAsync();
        _ = asking.Ask(2);
        var third = asking.Client.AskAsync(3);

        await asking.Clock.AdvanceAsync(HandlerTimeout);

        Assert.That(await third.FailureAsync(), Is.TypeOf<TimeoutException>());
        asking.Account.AssertBalances(asking.Control, Asking.Name, queued: 1, inFlight: 1);
        held.Release();
    }

    [Test]
    public async Task ReplyTimeout_HostNeverStartsOrSidecarIsPaused_IsTold([Values] bool paused)
    {
        await using var asking = Asking.Build(static (_, _, _) => new ValueTask<string>("reply"));
        if (paused)
        {
            await asking.Host.StartAsync();
            asking.Control.Pause(Asking.Name);
        }

        var asked = asking.Ask(1);
        await asking.Clock.PassAsync(ReplyTimeout);

        Assert.That(await asked.FailureAsync(), Is.TypeOf<TimeoutException>());
    }

    [Test]
    public async Task ReplyTimeout_AllAreAnswered_TimerRunsOutOnceAndIsSetAgainByTheNext()
    {
        await using var asking = await Asking.StartAsync(static (_, _, _) => new ValueTask<string>("reply"));
        await asking.Ask(1).InTime();

        await asking.Clock.AdvanceAsync(ReplyTimeout);
        Assert.That(asking.Clock.Armed, Does.Not.Contain(ReplyTimeout), "nobody waits");

        await asking.Ask(2).InTime();
        Assert.That(asking.Clock.Armed, Does.Contain(ReplyTimeout));
    }

    [Test]
    public async Task ReplyTimeout_ManyAskAtDifferentTimes_EachIsToldWhenItsOwnIsOver()
    {
        const int Callers = 5;
        var step = TimeSpan.FromSeconds(1);
        await using var asking = await Asking.StartAsync(static async (request, _, ct) =>
        {
            if (request % 2 == 0)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            }

            return $"{request}";
        }, static options => options.Concurrency = 2 * Callers);
        var asked = new List<Task<string>>();
        for (var request = 0; request < 2 * Callers; request++)
        {
            asked.Add(asking.Ask(request)); // Every second one is answered, and gone from between the others.
            if (request % 2 == 1)
            {
                await asked[request].InTime();
                await asking.Clock.AdvanceAsync(step);
            }
        }

        await asking.StandsAsync(queued: 0, inFlight: Callers);
        await asking.Clock.AdvanceAsync(ReplyTimeout - (Callers * step) - TimeSpan.FromTicks(1));
        for (var i = 0; i < Callers; i++)
        {
            Assert.That(asked.Where(static task => !task.IsCompleted).Count(), Is.EqualTo(Callers - i));
            await asking.Clock.AdvanceAsync(TimeSpan.FromTicks(1));
            Assert.That(await asked[2 * i].FailureAsync(), Is.TypeOf<TimeoutException>());
            await asking.Clock.AdvanceAsync(step - TimeSpan.FromTicks(1));
        }

        asking.Account.CountDeadLettered(Callers);
        for (var i = 0; i < Callers; i++)
        {
            asking.Account.CountHandled();
        }

        await asking.BalancesAsync();
        Assert.That(asking.Clock.Armed, Has.None.LessThanOrEqualTo(ReplyTimeout), "nobody waits");
    }

    [Test]
    public async Task ReplyTimeout_OnTheSystemClock_IsToldAndNotTooEarly()
    {
        var timeout = TimeSpan.FromMilliseconds(30);
        await using var asking = await Asking.StartAsync(
            static async (_, _, ct) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                return "never";
            },
            options => options.ReplyTimeout = timeout,
            onSystemClock: true);
        for (var request = 1; request <= 5; request++)
        {
            var startedAt = TimeProvider.System.GetTimestamp();
            Assert.That(await asking.Ask(request).FailureAsync(), Is.TypeOf<TimeoutException>());
            Assert.That(TimeProvider.System.GetElapsedTime(startedAt), Is.GreaterThanOrEqualTo(timeout));
            asking.Account.CountDeadLettered();
        }

        await asking.BalancesAsync();
    }

    [Test]
    public async Task HandlerTimeout_HandlerHeedsItsToken_CallerIsTold()
    {
        await using var asking = await Asking.StartAsync(
            static async (_, _, ct) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                return "never";
            },
            static options => options.HandlerTimeout = HandlerTimeout);
        var asked = asking.Ask(1);

        await asking.Clock.PassAsync(HandlerTimeout);

        Assert.That(await asked.FailureAsync(), Is.TypeOf<TimeoutException>().With.Message.Contains("HandlerTimeout"));
        asking.Account.CountDeadLettered();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task HandlerTimeout_HandlerIgnoresItsToken_CallerIsToldAndTheNextIncarnationAnswers([Values] bool blocks)
    {
        var held = new SyncPoint();
        await using var asking = await Asking.StartAsync(
            async (request, _, _) =>
            {
                if (request == 1)
                {
                    await HoldAsync(held, blocks);
                }

                return $"{request}";
            },
            static options => options.HandlerTimeout = HandlerTimeout);
        var first = asking.Ask(1);
        await held.ReachedAsync();
        var second = asking.Ask(2);

        await asking.Clock.PassAsync(HandlerTimeout);
        await asking.Clock.PassAsync(Grace);

        Assert.That(await first.FailureAsync(), Is.TypeOf<TimeoutException>().With.Message.Contains("HandlerTimeout"));
        await asking.Clock.AdvanceAsync(await asking.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2)));
        Assert.That(await second.InTime(), Is.EqualTo("2"));

        held.Release();
        asking.Account.CountDeadLettered();
        asking.Account.CountHandled();
        asking.Account.CountLate();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task MaxAge_OverWhenItsTurnComes_CallerIsTold()
    {
        await using var asking = Asking.Build(
            static (_, _, _) => new ValueTask<string>("reply"), static options => options.MaxAge = TimeSpan.FromSeconds(10));
        var asked = asking.Ask(1);
        asking.Clock.Advance(TimeSpan.FromSeconds(11));

        await asking.Host.StartAsync();

        Assert.That(await asked.FailureAsync(), Is.TypeOf<TimeoutException>().With.Message.Contains("MaxAge"));
        asking.Account.CountDeadLettered();
        await asking.BalancesAsync();
    }

    private static Task HoldAsync(SyncPoint held, bool blocks)
    {
        if (!blocks)
        {
            return held.PassAsync(CancellationToken.None);
        }

        held.Pass();
        return Task.CompletedTask;
    }
}
