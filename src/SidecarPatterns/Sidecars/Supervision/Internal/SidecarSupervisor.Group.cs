namespace SidecarPatterns;

/// <summary>A sidecar as a member of a group: it stands still and goes on when the group says so, and fails along with it.</summary>
internal sealed partial class SidecarSupervisor
{
    private SidecarGroup? _group;

    // Guarded by the lock: set from the moment that the group wants it to stand still until what follows is ready, or will not be.
    private Standstill? _standstill;
    private Exception? _fallCause;

    /// <summary>Whether it has been started and has not ended.</summary>
    public bool IsAtWork
    {
        get
        {
            lock (_lock)
            {
                return _supervision is not null && _stage != SupervisionStage.Ended;
            }
        }
    }

    // Whether no further incarnation is to begin before the group says so. Under the lock.
    private bool IsHeld => _standstill is { IsOver: false };

    // Whether a failure for good stops the host.
    private bool IsCritical => _group?.IsCritical ?? Options.Critical;

    /// <summary>Once, before it is started.</summary>
    public void Join(SidecarGroup group) => _group = group;

    /// <summary>No further incarnation begins until <see cref="GoOn"/>.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            BeginStandstill();
        }
    }

    /// <summary>Ends the incarnation, once its message in flight is settled; no further one begins until <see cref="GoOn"/>.</summary>
    /// <remarks>One that had returned before is not told to: it has ended for good, as its policy says, and its supervisor is about to see that.</remarks>
    /// <returns>Completes when it stands still, or is not to: it has not been started, or has ended, or stops.</returns>
    public Task StandDown()
    {
        lock (_lock)
        {
            if (_supervision is null || _stage != SupervisionStage.Running)
            {
                return Task.CompletedTask;
            }

            var standstill = BeginStandstill();
            _hurry.Cancel();
            if (_incarnation is { } incarnation && (!incarnation.HasReturned || Options.RestartPolicy == RestartPolicy.Always))
            {
                TryReplace(incarnation);
            }

            return standstill.WhenReached;
        }
    }

    /// <summary>Lets the next incarnation begin.</summary>
    /// <returns>Completes when that is ready, or has ended; at once if none begins.</returns>
    public Task GoOn()
    {
        lock (_lock)
        {
            if (_standstill is not { IsOver: false } standstill)
            {
                return Task.CompletedTask;
            }

            standstill.End();
            return _stage == SupervisionStage.Running ? standstill.WhenGoneOn : Task.CompletedTask;
        }
    }

    /// <summary>Fails for good as soon as it stands still. One that has not been started does so when it is; one that stops just stops.</summary>
    /// <returns>Completes when it has ended.</returns>
    public Task FallAlong(Exception cause)
    {
        lock (_lock)
        {
            if (_stage != SupervisionStage.Running)
            {
                return Task.CompletedTask;
            }

            _fallCause = cause;
            _standstill?.End();
            return _supervision ?? Task.CompletedTask;
        }
    }

    /// <summary>Tells the host that it has to stop.</summary>
    public void TellHost(Exception cause) => _onCriticalFailure(this, cause);

    private Standstill BeginStandstill()
    {
        if (!IsHeld)
        {
            _standstill?.GoneOn(); // What follows the one before will not be ready any more.
            _standstill = new Standstill();
        }

        return _standstill!;
    }

    /// <summary>Waits for as long as the group holds the sidecar; a stop ends that.</summary>
    private Task WaitForTurnAsync()
    {
        lock (_lock)
        {
            _standstill?.Reach();
            return _standstill is not null && _stage == SupervisionStage.Running ? _standstill.WhenOver : Task.CompletedTask;
        }
    }

    /// <summary>The incarnation that the group let begin is ready, or has ended before.</summary>
    private void TellGoneOn()
    {
        lock (_lock)
        {
            if (!IsHeld)
            {
                _standstill?.GoneOn();
                _standstill = null;
            }
        }
    }

    private bool TryFallAlong()
    {
        Exception cause;
        lock (_lock)
        {
            if (_fallCause is null || _stage != SupervisionStage.Running)
            {
                return false;
            }

            (cause, _fallCause) = (_fallCause, null);
        }

        Worker.LastError = cause;
        Worker.CloseIntake(cause);
        Worker.SettleRest(DeadLetterReason.SidecarFailed, cause);
        SupervisionLog.FailedWithGroup(Logger, Name, _group!.Name, cause);
        _life.MoveTo(SidecarState.Failed, new TransitionCause(cause));
        _started.TrySetResult(cause);
        return true;
    }
}
