namespace SidecarPatterns.Tests;

/// <summary>Batches whose handler does not come back: what it had marked is settled as it said, the rest as that of any interrupted call.</summary>
internal sealed partial class BatchTests
{
    [Test]
    public async Task HandlerTimeout_Ignored_WhatWasMarkedIsSettledAsMarkedAndTheRestIsDeadLettered()
    {
        var held = HoldTheFirstCallOnceItHasMarked();
        await using var host = await StartAsync(static options => options.HandlerTimeout = TimeSpan.FromSeconds(5));
        await PublishAsync(host, 0, 10);
        await GiveUpOnTheFirstCallAsync(host, held);
        Count(2);
        _account.CountDeadLettered(8);
        await _account.BalancesAsync(host.Control, Name);

        var letters = host.Control.GetDeadLetters(Name).ToDictionary(static letter => (int)letter.Message);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letters.Keys, Is.EquivalentTo([1, 3, 4, 5, 6, 7, 8, 9]));
            Assert.That(letters[1].Reason, Is.EqualTo(DeadLetterReason.HandlerFailed));
            Assert.That(letters[1].Exception, Is.TypeOf<FormatException>());
            Assert.That(letters.Values.Where(static letter => !letter.Message.Equals(1)).Select(static letter => letter.Reason),
                Is.All.EqualTo(DeadLetterReason.HandlerTimeout));
            Assert.That(letters.Values.Select(static letter => letter.Attempts), Is.All.EqualTo(1));
        }

        await EndLateAsync(host, held);
    }

    [Test]
    public async Task HandlerTimeout_IgnoredWithAttemptsLeft_OnlyWhatWasNotMarkedIsRetried()
    {
        var held = HoldTheFirstCallOnceItHasMarked();
        await using var host = await StartAsync(TwoAttempts);
        await PublishAsync(host, 0, 10);
        await GiveUpOnTheFirstCallAsync(host, held);
        Count(2);
        _account.CountDeadLettered();
        await _account.BalancesAsync(host.Control, Name, inFlight: 7);

        var flush = host.Control.FlushAsync(Name);
        await host.Clock.PassFirstRestartDelayAsync();
        var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(2), Long);
        Assert.That(flush.IsCompleted, Is.False, "what is to be retried is not settled");
        await host.Clock.AdvanceAsync(delay);
        await _account.BalancesAsync(host.Control, Name);
        await flush.InTime();

        Assert.That(_seen.Single(), Is.EqualTo([3, 4, 5, 6, 7, 8, 9]));
        Assert.That(host.Control.GetDeadLetters(Name).Single().Message, Is.EqualTo(1));
        await EndLateAsync(host, held);
    }

    [Test]
    public async Task HandlerTimeout_IgnoredAfterEverythingWasMarked_NothingIsLeftToRetryAndWhoFlushesIsTold()
    {
        var held = new SyncPoint();
        _script.Handle = async (batch, context, _) =>
        {
            for (var i = 0; i < batch.Count; i++)
            {
                context.MarkHandled(i);
            }

            await held.PassAsync(CancellationToken.None);
        };
        await using var host = await StartAsync(TwoAttempts);
        await PublishAsync(host, 0, 10);
        await held.ReachedAsync();
        var flush = host.Control.FlushAsync(Name);
        await GiveUpOnTheFirstCallAsync(host, held);
        Count(10);

        await flush.InTime();
        _account.AssertBalances(host.Control, Name);
        await EndLateAsync(host, held);
    }

    [Test]
    public async Task HandlerTimeout_IgnoredAfterEverythingWasMarkedAsFailed_EachIsADeadLetterWithItsOwnFailure()
    {
        var held = new SyncPoint();
        _script.Handle = async (batch, context, _) =>
        {
            for (var i = 0; i < batch.Count; i++)
            {
                context.MarkFailed(i, new FormatException($"{batch[i]}"));
            }

            await held.PassAsync(CancellationToken.None);
        };
        await using var host = await StartAsync(static options => options.HandlerTimeout = TimeSpan.FromSeconds(5));
        await PublishAsync(host, 0, 10);
        await GiveUpOnTheFirstCallAsync(host, held);
        _account.CountDeadLettered(10);
        await _account.BalancesAsync(host.Control, Name);

        var letters = host.Control.GetDeadLetters(Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letters.Select(static letter => letter.Reason), Is.All.EqualTo(DeadLetterReason.HandlerFailed));
            Assert.That(letters.Select(static letter => letter.Exception?.Message), Is.EqualTo(letters.Select(static letter => $"{letter.Message}")));
        }

        await EndLateAsync(host, held);
    }

    [Test]
    public async Task Restart_HandlerHangsAndShouldHandleRefuses_LettersSayThatTheIncarnationEnded()
    {
        var held = HoldTheFirstCallOnceItHasMarked();
        await using var host = await StartAsync(
            static options => options.MaxAttempts = 2, static builder => builder.ShouldHandle(static (_, _) => false));
        await PublishAsync(host, 0, 10);
        await held.ReachedAsync();
        var restart = host.Control.RestartAsync(Name);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await restart.InTime();
        Count(2);
        _account.CountDeadLettered(8);
        await _account.BalancesAsync(host.Control, Name);

        var letters = host.Control.GetDeadLetters(Name).Where(static letter => !letter.Message.Equals(1));
        Assert.That(
            letters.Select(static letter => letter.Exception),
            Is.All.InstanceOf<OperationCanceledException>().With.Message.EqualTo("The incarnation that handled the batch ended."));
        await EndLateAsync(host, held);
    }

    [Test]
    public async Task Stop_BatchWaitsForTheNextIncarnation_ThatAttemptsItFirst()
    {
        var held = HoldTheFirstCallOnceItHasMarked();
        await using var host = await StartAsync(TwoAttempts);
        await PublishAsync(host, 0, 10);
        await GiveUpOnTheFirstCallAsync(host, held);
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
        Count(2);
        _account.CountDeadLettered();
        await host.StopAsync();

        Assert.That(_seen.Single(), Is.EqualTo([3, 4, 5, 6, 7, 8, 9]));
        _account.AssertBalances(host.Control, Name);
        await EndLateAsync(host, held);
    }

    [Test]
    public async Task Stop_HandlerHangsOnceItHasMarked_OnlyTheRestIsAbandoned()
    {
        var held = HoldTheFirstCallOnceItHasMarked();
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 13);
        await held.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await stop;

        Count(2);
        _account.CountDeadLettered();
        _account.CountAbandoned(10);
        _account.AssertBalances(host.Control, Name);
        await EndLateAsync(host, held);
    }

    [Test]
    public async Task Restart_AfterAFailureForGoodThatTookAReturnedBatch_FlushesWhatComesAfter()
    {
        var held = HoldTheFirstCallOnceItHasMarked();
        await using var host = await StartAsync(static options =>
        {
            options.HandlerTimeout = TimeSpan.FromSeconds(5);
            options.MaxAttempts = 2;
            options.Critical = false;
            options.RestartPolicy = RestartPolicy.Never;
        });
        await PublishAsync(host, 0, 10);
        await GiveUpOnTheFirstCallAsync(host, held);
        Count(2);
        _account.CountDeadLettered(8);
        await host.StateAsync(Name, SidecarState.Failed);

        await host.Control.RestartAsync(Name).InTime();
        await host.Control.FlushAsync(Name).InTime();
        _account.AssertBalances(host.Control, Name);
        await EndLateAsync(host, held);
    }

    /// <summary>Marks the first and the third message as handled and the second one as failed, and waits, whatever its token says.</summary>
    private SyncPoint HoldTheFirstCallOnceItHasMarked()
    {
        var held = new SyncPoint();
        _script.Handle = async (batch, context, _) =>
        {
            if (held.IsReached)
            {
                await Handled(batch);
                return;
            }

            context.MarkHandled(0);
            context.MarkHandled(2);
            context.MarkFailed(1, new FormatException("bad"));
            await held.PassAsync(CancellationToken.None);
            context.MarkHandled(5); // Too late.
        };
        return held;
    }

    private static async Task GiveUpOnTheFirstCallAsync(TestHost host, SyncPoint held)
    {
        await held.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
    }

    private async Task EndLateAsync(TestHost host, SyncPoint held)
    {
        _account.CountLate();
        held.Release();
        await _account.BalancesAsync(host.Control, Name);
    }

    private static void TwoAttempts(SidecarOptions options) => (options.HandlerTimeout, options.MaxAttempts) = (TimeSpan.FromSeconds(5), 2);
}
