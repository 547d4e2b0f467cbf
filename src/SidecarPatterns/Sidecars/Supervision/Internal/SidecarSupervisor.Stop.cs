namespace SidecarPatterns;

/// <summary>How a sidecar ends: its intake closes, it drains, and what can not be waited for is abandoned and told of.</summary>
internal sealed partial class SidecarSupervisor
{
    private const int MaxInterruptTries = 500; // About half a second, for a lane that is between two calls.

    /// <summary>What the sidecar failed with while it was stopping.</summary>
    public Exception? FailureWhileStopping { get; private set; }

    /// <summary>Drains the sidecar within a time, and ends it in any case. Idempotent; does nothing for what never started.</summary>
    /// <param name="drainTime">How long it may take to handle what it has.</param>
    /// <param name="givesUpStarting">Whether the host has given up starting: a start-up hook is cancelled then, even if messages wait for it.</param>
    public Task StopAsync(TimeSpan drainTime, bool givesUpStarting)
    {
        lock (_lock)
        {
            if (_supervision is null)
            {
                return Task.CompletedTask;
            }

            return _stop ??= DrainAsync(_supervision, drainTime, givesUpStarting);
        }
    }

    /// <summary>Ends the sidecar as its container is disposed of: nothing new is begun, and what does not end at once is left.</summary>
    public async Task EndAsync()
    {
        Task? supervision;
        lock (_lock)
        {
            if (_stop is not null)
            {
                return;
            }

            supervision = _supervision;
            _stop = Task.CompletedTask;
        }

        var abandonedBefore = Worker.ReadAccount().Abandoned;
        PassDeadline(); // First: no incarnation is to begin in between.
        RequestStop(givesUpStarting: true);

        // The system's clock: whoever disposes of a container blocks, so nobody could advance another one.
        var ownsQueue = supervision is null || await EndByForceAsync(supervision, TimeProvider.System).ConfigureAwait(false);
        if (AbandonRest(ownsQueue) - abandonedBefore is > 0 and var left)
        {
            SupervisionLog.DisposedWithoutStop(Logger, Name, left);
            await Worker.WhenLettersDelivered.CompletesWithinAsync(SidecarConstants.AbandonGrace, TimeProvider.System).ConfigureAwait(false);
        }

        _life.MoveTo(SidecarState.Stopped, new TransitionCause(FailureWhileStopping));
    }

    private async Task DrainAsync(Task supervision, TimeSpan drainTime, bool givesUpStarting)
    {
        await Task.Yield(); // The lock that this began under is not for what follows.
        var abandonedBefore = Worker.ReadAccount().Abandoned;
        RequestStop(givesUpStarting);
        var ownsQueue = true;
        if (!await supervision.CompletesWithinAsync(drainTime, Clock).ConfigureAwait(false))
        {
            PassDeadline();
            ownsQueue = await EndByForceAsync(supervision, Clock).ConfigureAwait(false);
        }

        if (AbandonRest(ownsQueue) - abandonedBefore is > 0 and var left)
        {
            SupervisionLog.MessagesAbandoned(Logger, Name, left);
        }

        Worker.OnEnded();
        await Worker.WhenLettersDelivered.CompletesWithinAsync(SidecarConstants.AbandonGrace, Clock).ConfigureAwait(false);
        _life.MoveTo(SidecarState.Stopped, new TransitionCause(FailureWhileStopping));
    }

    private void RequestStop(bool givesUpStarting)
    {
        SidecarStep step;
        lock (_lock)
        {
            AdvanceTo(SupervisionStage.Draining);
            step = _life.Enter(SidecarState.Draining);
            EndPause();
            _incarnation?.Stop();
        }

        Worker.CloseIntake(cause: null);
        if (givesUpStarting || !Worker.HasMessagesLeft)
        {
            _givingUp.Cancel(); // Else an incarnation that is being prepared is needed: it drains.
        }

        lock (_lock)
        {
            _hurry.Cancel(); // Only now, with the intake closed: what it was waiting for may turn out to be its end.
            if (_standstill is { WhenReached.IsCompleted: true })
            {
                _standstill.End(); // It waits there; one that comes there later does not.
            }
        }

        _life.Log(step);
        _group?.OnStopping();
    }

    private void PassDeadline()
    {
        lock (_lock)
        {
            AdvanceTo(SupervisionStage.Overdue);
            if (_incarnation is { } incarnation)
            {
                EndAtOnce(incarnation);
            }
        }

        _givingUp.Cancel();
    }

    private void AdvanceTo(SupervisionStage stage) => _stage = stage > _stage ? stage : _stage;

    private static void EndAtOnce(Incarnation incarnation)
    {
        incarnation.LeaveSoon();
        incarnation.Cancel(DeadLetterReason.Abandoned);
    }

    /// <summary>The tokens are cancelled: waits a moment more, then goes on without the sidecar's code.</summary>
    /// <returns>
    /// Whether the taking side of the queue is the supervisor's, to settle what is left: not so while the sidecar's code may still be at it.
    /// </returns>
    private async Task<bool> EndByForceAsync(Task supervision, TimeProvider timeProvider)
    {
        if (await supervision.CompletesWithinAsync(SidecarConstants.AbandonGrace, timeProvider).ConfigureAwait(false))
        {
            return true;
        }

        SupervisionLog.SidecarAbandoned(Logger, Name);
        if (_incarnation is not { } incarnation)
        {
            return true; // It hangs in its making or in its disposal: no lane is at the queue.
        }

        for (var spinner = default(SpinWait); spinner.Count < MaxInterruptTries; spinner.SpinOnce())
        {
            if (incarnation.TryInterrupt(DeadLetterReason.Abandoned, cause: null))
            {
                return true;
            }
        }

        return false;
    }

    /// <returns>How many messages have been abandoned by now, those that lanes themselves gave up on included.</returns>
    private long AbandonRest(bool ownsQueue)
    {
        if (ownsQueue)
        {
            Worker.SettleRest(DeadLetterReason.Abandoned, cause: null);
        }

        return Worker.ReadAccount().Abandoned;
    }

    /// <summary>An incarnation ended after the stop had been asked for: another one only drains what is left.</summary>
    private bool IsLastWhileStopping(IncarnationEnd end)
    {
        if (end.Error is { } error and not OperationCanceledException)
        {
            Worker.LastError = error;
            SupervisionLog.FailedWhileStopping(Logger, Name, error);
            FailureWhileStopping = error;
        }

        _started.TrySetResult(end.Error);
        return _stage == SupervisionStage.Overdue || end.FailedToStart || !Worker.HasMessagesLeft;
    }
}
