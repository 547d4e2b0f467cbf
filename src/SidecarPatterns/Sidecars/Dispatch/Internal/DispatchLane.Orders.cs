namespace SidecarPatterns;

/// <summary>How a lane is held, sent away and interrupted.</summary>
internal sealed partial class DispatchLane<T>
{
    private LazyCancellation _leaving; // Ends the wait for a turn.

    public override bool WasInterrupted => _state.WasInterrupted;

    /// <summary>A closed queue ends the lane once it is empty; a retry that waits is not to wait on.</summary>
    public override void Stop() => _hurry.Cancel();

    public override void LeaveSoon()
    {
        _state.SendAway();
        Rouse();
    }

    public override void HoldSoon() => _state.TryHold();

    public override void WaitUntilHeld() => _state.WaitForTake();

    public override bool TryInterrupt(DeadLetterReason reason, Exception? cause) => TryEnd(reason, cause, outcome: null);

    /// <summary>Whether the lane is to take another message; waits here while it is held.</summary>
    private ValueTask<bool> MayGoOnAsync() => _state.IsHeld ? WaitWhileHeldAsync() : new ValueTask<bool>(!_state.IsToEnd);

    private async ValueTask<bool> WaitWhileHeldAsync()
    {
        _state.Rest();
        while (_state.IsHeld)
        {
            var wait = _owner.Pause.WaitAsync();
            if (!_state.IsHeld)
            {
                break; // Whoever sends a lane away gives the order first and then releases those who wait.
            }

            await wait.ConfigureAwait(false);
            if (_state.TryLetGo() && _owner.Pause.IsOn)
            {
                _state.TryHold(); // Held anew, before the first time was over here.
            }
        }

        _state.Work();
        return !_state.IsToEnd; // Held anew, it comes back here.
    }

    /// <summary>The lane waits for a message; an order that came just before, or a message that another lane left, is not to be slept through.</summary>
    private void Rest()
    {
        _state.Rest();
        if (!_state.MayGoOn || _returned.Count > 0)
        {
            _source.Wake();
        }

        _watch.OnSettled(); // On its way here it may have stepped over the last place that a flush waits for, which a fan-out took back.
    }

    private bool EndsLate(CallTimeout timeout)
    {
        var end = timeout.End();
        if (end == CallEnd.GivenUp)
        {
            _state.AwaitInterruption();
        }

        return end != CallEnd.InTime;
    }

    /// <summary>The message has been settled by the one who interrupted the lane: that the call ends now is no news of it.</summary>
    private void EndLateCall(Exception? failure)
    {
        _isLate = true;
        _owner.CountLate();
        if (_observation.IsActive)
        {
            _metrics.End(ref _observation, failure ?? new OperationCanceledException("The call ended after its message had been settled."));
        }
    }

    /// <summary>The handler ignores its cancelled token: the incarnation ends without it.</summary>
    private void GiveUpOnCall(TimeoutException timeout)
    {
        var spinner = default(SpinWait);
        while (!TryEnd(DeadLetterReason.HandlerTimeout, timeout, outcome: timeout))
        {
            spinner.SpinOnce();
        }
    }

    private bool TryEnd(DeadLetterReason reason, Exception? cause, Exception? outcome)
    {
        if (!_state.TryInterrupt(out var hasMessage, out var isCalling))
        {
            return false;
        }

        if (hasMessage)
        {
            FailInterrupted(reason, cause, isCalling);
        }

        if (outcome is null)
        {
            _ended.TrySetResult();
        }
        else
        {
            _ended.TrySetException(outcome);
        }

        Rouse();
        return true;
    }

    /// <summary>The lane's message is in the hands of the one who interrupted it.</summary>
    private void FailInterrupted(DeadLetterReason reason, Exception? cause, bool isCalling)
    {
        _source.Busy.End(RoughClock.GetTimestamp(Context.TimeProvider));
        if (isCalling)
        {
            _owner.CountAbandonedCall();
        }

        // Nobody waits for a letter here: whoever ends the sidecar waits for all of them.
        var rest = _owner.Detach(_current);
        if (Fail(rest, reason, cause, isLast: false) is null && !_source.TryPark(rest, Context.Attempt, _owner.RetryDelayAfter(Context.Attempt)))
        {
            Return(rest);
        }

        _watch.OnSettled();
    }

    /// <summary>Ends every wait: the lane comes to look at its orders.</summary>
    private void Rouse()
    {
        _owner.Pause.Release();
        _hurry.Cancel();
        _leaving.Cancel();
        _source.Wake();
    }
}
