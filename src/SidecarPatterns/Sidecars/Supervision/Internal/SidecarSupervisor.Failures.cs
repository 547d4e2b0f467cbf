namespace SidecarPatterns;

/// <summary>What a failure leads to: another incarnation after a while, or the end for good.</summary>
internal sealed partial class SidecarSupervisor
{
    /// <returns><see langword="false"/> if it has failed too often.</returns>
    private bool TryPlanRestart(Exception? error, int number, out TimeSpan delay)
    {
        int inRow;
        if (_group is null)
        {
            _backoff ??= new RestartBackoff(RestartLimits.Of(Options));
            _backoff.Count(_life.ReadyFor, failed: error is not null);
            (inRow, delay) = (_backoff.FailuresInRow, _backoff.NextDelay());
            if (error is not null && _backoff.IsExhausted)
            {
                return false;
            }
        }
        else if (!_group.TryPlanRestart(this, failed: error is not null, out inRow, out delay))
        {
            return false;
        }

        _life.MoveTo(SidecarState.Restarting, new TransitionCause(error, delay));
        if (error is not null)
        {
            SupervisionLog.RestartPlanned(Logger, Name, number, inRow, delay, error);
        }

        return true;
    }

    /// <summary>The failure is for good.</summary>
    private void Escalate(Exception cause)
    {
        Worker.CloseIntake(cause);
        Worker.SettleRest(DeadLetterReason.SidecarFailed, cause);
        TellFailure(cause); // Before the state shows it: who sees the state finds the reason told.
        _life.MoveTo(SidecarState.Failed, new TransitionCause(cause));
        if (_started.TrySetResult(cause) && Options.Critical)
        {
            return; // It fails the start, and so the host stops what has started.
        }

        if (_group is not null)
        {
            _group.Fall(this, cause);
        }
        else if (Options.Critical)
        {
            TellHost(cause);
        }
    }

    private void TellFailure(Exception cause)
    {
        if (!IsCritical)
        {
            SupervisionLog.OptionalSidecarFailed(Logger, Name, cause);
            return;
        }

        SupervisionLog.CriticalSidecarFailed(Logger, Name, cause);
        if (Options.SetExitCode && Environment.ExitCode == 0)
        {
            Environment.ExitCode = 1;
        }
    }
}
