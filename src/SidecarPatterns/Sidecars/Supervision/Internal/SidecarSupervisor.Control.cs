namespace SidecarPatterns;

/// <summary>What the control asks of a sidecar: to pause, to go on, to begin anew, to end before the host does.</summary>
internal sealed partial class SidecarSupervisor
{
    // The restart that was asked for and has not come about yet: completes when its incarnation is ready, fails with what kept it from that.
    private TaskCompletionSource? _restart;
    private bool _isPaused;

    /// <summary>Begins nothing new until <see cref="Resume"/>, from its return on; what is under way goes on. Does nothing if it is paused.</summary>
    /// <exception cref="InvalidOperationException">It takes no messages, or it has ended or is about to.</exception>
    public void Pause()
    {
        Incarnation? incarnation;
        SidecarStep step;
        lock (_lock)
        {
            ThrowIfCanNot("be paused");
            _isPaused = true;
            Worker.SetPaused(true);
            incarnation = _incarnation;
            incarnation?.HoldSoon();
            step = _life.Enter(SidecarState.Paused);
        }

        incarnation?.WaitUntilHeld();
        _life.Log(step);
    }

    /// <summary>Ends a pause. Does nothing if there is none.</summary>
    /// <exception cref="InvalidOperationException">It takes no messages.</exception>
    public void Resume()
    {
        SidecarStep step;
        lock (_lock)
        {
            ThrowIfTakesNoMessages("be resumed");
            step = EndPause();
        }

        _life.Log(step);
    }

    /// <summary>Waits until everything that has been accepted is settled in any way.</summary>
    /// <exception cref="InvalidOperationException">It takes no messages, or is paused, or its own handler asks.</exception>
    public Task FlushAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            ThrowIfTakesNoMessages("be flushed");
            if (_isPaused)
            {
                throw new InvalidOperationException($"Sidecar '{Name}' is paused: what waits there would not be settled. Resume it first.");
            }
        }

        return Worker.FlushAsync(ct);
    }

    /// <summary>Replaces the incarnation once its message in flight is settled; one that has ended begins anew.</summary>
    /// <returns>Completes when the new one is ready.</returns>
    /// <exception cref="InvalidOperationException">It was never started, or it drains.</exception>
    public Task RestartAsync()
    {
        Task restart;
        var step = default(SidecarStep);
        lock (_lock)
        {
            if (_supervision is null)
            {
                throw new InvalidOperationException($"Sidecar '{Name}' has not been started yet: it can not be restarted.");
            }

            if (_life.State is SidecarState.Stopped or SidecarState.Failed && Ending is { } over)
            {
                return RestartOnceOverAsync(over); // Its last state is shown a moment before all is done that belongs to its end.
            }

            if (_stage is SupervisionStage.Draining or SupervisionStage.Overdue || _stop is { IsCompleted: false })
            {
                throw new InvalidOperationException($"Sidecar '{Name}' is draining: it can not be restarted before it has ended.");
            }

            if (_stage == SupervisionStage.Ended && !Worker.CanReopen)
            {
                throw new InvalidOperationException(
                    $"Sidecar '{Name}' has ended, and so has what the application reads from it: it can not be restarted.");
            }

            var isUnderWay = _restart is not null;
            _restart ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            restart = _restart.Task;
            if (_stage == SupervisionStage.Ended)
            {
                step = BeginAnew();
            }
            else if (_incarnation is null)
            {
                _hurry.Cancel(); // It is between two incarnations.
                _group?.Hurry();
            }
            else if (!isUnderWay)
            {
                TryReplace(_incarnation);
            }
        }

        _life.Log(step);
        return restart;
    }

    /// <summary>Drains the sidecar before the host does.</summary>
    /// <exception cref="InvalidOperationException">It was never started.</exception>
    public Task DrainNowAsync() => WasStarted
        ? StopAsync(Options.DrainTimeout, givesUpStarting: false)
        : throw new InvalidOperationException($"Sidecar '{Name}' has not been started yet: it can not drain.");

    /// <summary>What of its end is still under way: a stop that interrupts it is over a moment before it is itself. Under the lock.</summary>
    private Task? Ending => (_stop is { IsCompleted: false } ? _stop : _supervision) is { IsCompleted: false } over ? over : null;

    private async Task RestartOnceOverAsync(Task over)
    {
        await over.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await RestartAsync().ConfigureAwait(false);
    }

    private SidecarStep EndPause()
    {
        if (_isPaused)
        {
            _isPaused = false;
            Worker.SetPaused(false);
        }

        return _life.State == SidecarState.Paused ? _life.Enter(SidecarState.Ready) : default;
    }

    /// <summary>The sidecar had ended, in order or not: opens its intake and supervises it once more. Under the lock.</summary>
    private SidecarStep BeginAnew()
    {
        _stage = SupervisionStage.Running;
        _stop = null;
        _standstill = null;
        _fallCause = null;
        FailureWhileStopping = null;
        _givingUp = default;
        _backoff?.Reset();
        _group?.BeginNewRow();
        var step = _life.Reopen();
        Worker.Reopen();
        _supervision = Unflowed.Run(static self => Task.Run(self.SuperviseAsync), this);
        return step;
    }

    /// <summary>Has another incarnation take over from this one. Under the lock.</summary>
    /// <param name="incarnation">The current one.</param>
    /// <param name="failure">Why it must go, if that is a failure; else its end is one that was asked for.</param>
    /// <returns><see langword="false"/> if it leaves for that already.</returns>
    private bool TryReplace(Incarnation incarnation, Exception? failure = null)
    {
        if (!incarnation.TryLeaveFor(LeaveReason.Restart, failure))
        {
            return false;
        }

        _ = InterruptWhenOverdueAsync(incarnation);
        return true;
    }

    /// <summary>A planned restart waits for the message in flight no longer than that may take.</summary>
    private async Task InterruptWhenOverdueAsync(Incarnation incarnation)
    {
        if (await incarnation.WhenOver.CompletesWithinAsync(Options.HandlerTimeout ?? Options.DrainTimeout, Clock).ConfigureAwait(false))
        {
            return;
        }

        incarnation.Cancel(DeadLetterReason.Interrupted);
        await incarnation.WhenOver.CompletesWithinAsync(SidecarConstants.AbandonGrace, Clock).ConfigureAwait(false);
        var spinner = default(SpinWait);
        while (!incarnation.WhenOver.IsCompleted && !incarnation.TryInterrupt(DeadLetterReason.Interrupted, cause: null))
        {
            spinner.SpinOnce();
        }
    }

    private void ThrowIfCanNot(string verb)
    {
        ThrowIfTakesNoMessages(verb);
        if (_stage != SupervisionStage.Running)
        {
            throw new InvalidOperationException(
                $"Sidecar '{Name}' {(_stage == SupervisionStage.Ended ? "has ended" : "is draining")}: it can not {verb}.");
        }
    }

    private void ThrowIfTakesNoMessages(string verb)
    {
        if (!Worker.CanPause)
        {
            throw new InvalidOperationException($"Sidecar '{Name}' takes no messages: it can not {verb}.");
        }
    }
}
