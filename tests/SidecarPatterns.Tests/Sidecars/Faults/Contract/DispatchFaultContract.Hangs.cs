namespace SidecarPatterns.Tests;

internal abstract partial class DispatchFaultContract
{
    [Test]
    public async Task Handler_HangsWhateverItsTokenSays_IsAbandonedAtTheStop([Values] bool blocks)
    {
        var held = HoldTheFirst(blocks);
        await using var host = Build();
        PublishAll(host, 3);
        await host.StartAsync();
        await ReachedAsync(host, held);
        Dispatch.CountNoMore();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await host.Clock.PassAsync(Grace);
        await stop;

        Account.CountAbandoned(3 - HandledBeside);
        Account.AssertBalances(host.Control, Name);
        Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain($"'{Name}'"));
        Assert.That(host.Logs.Named("MessagesAbandoned").Single().Message, Does.Contain($"'{Name}' had {3 - HandledBeside} "));
        await EndLateAsync(host, held);
    }

    [Test]
    public async Task Handler_HeedsItsToken_IsAbandonedAtTheStopAndDisposedOf()
    {
        var reached = new SyncPoint();
        Script.Handle = async (message, _, ct) =>
        {
            if (message == 1)
            {
                await reached.PassAsync(ct); // Nobody lets it go on.
            }
        };
        await using var host = Build();
        PublishAll(host, 3);
        await host.StartAsync();
        await ReachedAsync(host, reached);
        Dispatch.CountNoMore();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await stop;

        Account.CountAbandoned(3 - HandledBeside);
        Account.AssertBalances(host.Control, Name);
        Assert.That(host.Logs.Named("SidecarAbandoned"), Is.Empty, "it ended by itself");
        Assert.That(Script.Disposed, Is.EqualTo(Script.Created));
    }

    [TestCase(0)]
    [TestCase(-400)]
    [TestCase(400)]
    public async Task HandlerTimeout_Heeded_FailsTheCallAndTheSameIncarnationGoesOnWhateverTheWallClockSays(int jumpDays)
    {
        var reached = new SyncPoint();
        Script.Handle = async (message, _, ct) =>
        {
            if (message == 1)
            {
                await reached.PassAsync(ct);
            }
        };
        await using var host = Build(static options => options.HandlerTimeout = HandlerTimeout);
        PublishAll(host, 3);
        await host.StartAsync();
        await ReachedAsync(host, reached);

        host.Clock.JumpWallClock(TimeSpan.FromDays(jumpDays));
        await host.Clock.ArmedAsync(HandlerTimeout);
        await host.Clock.AdvanceAsync(HandlerTimeout - TimeSpan.FromTicks(1));
        Assert.That(Account.DeadLettered, Is.Zero);
        await host.Clock.AdvanceAsync(TimeSpan.FromTicks(1));
        await BalancesAsync(host);

        var letter = host.Control.GetDeadLetters(Name).Single(static letter => letter.Message.Equals(1));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letter.Time, Is.EqualTo(host.Clock.GetUtcNow()));
            Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(1));
        }

        await StopAsync(host);
    }

    [Test]
    public async Task HandlerTimeout_Ignored_TheNextIncarnationGoesOnAndWhoFlushesIsTold([Values] bool blocks)
    {
        var held = HoldTheFirst(blocks);
        await using var host = Build(static options => options.HandlerTimeout = HandlerTimeout);
        PublishAll(host, 3);
        await host.StartAsync();
        await ReachedAsync(host, held);
        var flush = host.Control.FlushAsync(Name);
        var inCall = Dispatch.InCalls;

        await host.Clock.PassAsync(HandlerTimeout);
        await host.Clock.PassAsync(Grace);
        await host.StateAsync(Name, SidecarState.Restarting);
        Account.CountDeadLettered(inCall);
        await host.Clock.PassFirstRestartDelayAsync();
        await host.StateAsync(Name, SidecarState.Ready);
        await flush.InTime();
        await BalancesAsync(host);

        Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => letter.Reason), Is.All.EqualTo(DeadLetterReason.HandlerTimeout));
        Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(2));
        Dispatch.CountNoMore();
        await EndLateAsync(host, held);
        await StopAsync(host);
    }

    [Test]
    public async Task Clock_LeapsAhead_AsAfterALongSleep_LeavesAnIdleSidecarAtWork()
    {
        await using var host = Build(static options => options.HandlerTimeout = HandlerTimeout);
        PublishAll(host, 1);
        await host.StartAsync();
        await BalancesAsync(host);

        await host.Clock.AdvanceAsync(TimeSpan.FromDays(30));
        Assert.That(TryPublish(host, 2), Is.True);

        await BalancesAsync(host);
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
        await StopAsync(host);
    }

    [Test]
    public async Task Stop_DuringTheStart_HandlesWhatWasAccepted()
    {
        var held = new SyncPoint();
        Script.Start = (_, _) => held.PassAsync(CancellationToken.None);
        await using var host = Build();
        PublishAll(host, 3);
        var start = host.StartAsync();
        await held.ReachedAsync();

        var stop = host.StopAsync();
        held.Release();
        await stop;

        await start.FailureAsync();
        Account.AssertBalances(host.Control, Name);
        Assert.That(Account.Handled, Is.EqualTo(3));
    }

    /// <summary>Message 1 does not come back until it is released.</summary>
    private SyncPoint HoldTheFirst(bool blocks)
    {
        var held = new SyncPoint();
        Script.Handle = (message, _, _) =>
        {
            if (message != 1 || held.IsReached)
            {
                return default;
            }

            if (!blocks)
            {
                return new ValueTask(held.PassAsync(CancellationToken.None));
            }

            held.Pass();
            return default;
        };
        return held;
    }

    /// <summary>Message 1 hangs, and what can be handled beside it is.</summary>
    private async Task ReachedAsync(TestHost host, SyncPoint held)
    {
        await held.ReachedAsync();
        await Eventually.HoldsAsync(() => Account.Handled == HandledBeside, $"{HandledBeside} are handled beside the one that hangs");
        await BalancesAsync(host, queued: 3 - HandledBeside - Dispatch.InCalls, inFlight: Dispatch.InCalls);
    }

    /// <summary>The call that hung ends after all: that changes nothing but the count of such calls.</summary>
    private async Task EndLateAsync(TestHost host, SyncPoint held)
    {
        held.Release();
        Account.CountLate();
        await BalancesAsync(host);
    }
}
