namespace SidecarPatterns;

/// <summary>How a lane is held, sent away and interrupted.</summary>
internal sealed partial class DispatchLane<T>
{
    private const int GoOn = 0;
    private const int Hold = 1;
    private const int Leave = 2;
    private const int Interrupted = 3;

    // Written by whoever wants the lane to rest or to end; a later order is never taken back by an earlier one.
    private int _order;
    private LazyCancellation _leaving; // Ends the wait for a turn.

    // Who settles the message that was in flight when the lane was interrupted: 1 once somebody does.
    private int _claim;

    public override bool WasInterrupted => Volatile.Read(ref _order) == Interrupted;

    /// <summary>A closed queue ends the lane once it is empty; a retry that waits is not to wait on.</summary>
    public override void Stop() => _hurry.Cancel();

    public override void LeaveSoon()
    {
        // A lane that is held looks now and then whether it may go on, and changes the order for a moment: it must not be missed between two tries.
        while (Volatile.Read(ref _order) is var order and (GoOn or Hold) && !TryOrder(Leave, order))
        {
        }

        _owner.Pause.Release(); // A lane that is held comes to look.
        _hurry.Cancel();
        _leaving.Cancel();
        _source.Wake();
    }

    public override void HoldSoon() => TryOrder(Hold, GoOn);

    public override void WaitUntilHeld()
    {
        Interlocked.MemoryBarrierProcessWide();
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _isTaking))
        {
            spinner.SpinOnce();
        }
    }

    public override bool TryInterrupt(DeadLetterReason reason, Exception? cause) => TryEnd(reason, cause, outcome: null);

    private bool TryOrder(int order, int from) => Interlocked.CompareExchange(ref _order, order, from) == from;

    /// <summary>Whether the lane is to take another message; waits here while it is held.</summary>
    private ValueTask<bool> MayGoOnAsync() => Volatile.Read(ref _order) switch
    {
        GoOn => new ValueTask<bool>(true),
        Hold => WaitWhileHeldAsync(),
        _ => new ValueTask<bool>(false),
    };

    private async ValueTask<bool> WaitWhileHeldAsync()
    {
        Volatile.Write(ref _phase, Resting);
        while (Volatile.Read(ref _order) == Hold)
        {
            var wait = _owner.Pause.WaitAsync();
            if (Volatile.Read(ref _order) != Hold)
            {
                break; // Whoever sends a lane away gives the order first and then releases those who wait.
            }

            await wait.ConfigureAwait(false);
            if (TryOrder(GoOn, Hold) && _owner.Pause.IsOn)
            {
                TryOrder(Hold, GoOn); // Held anew, before the first time was over here.
            }
        }

        Volatile.Write(ref _phase, Working);
        return Volatile.Read(ref _order) is GoOn or Hold; // Held anew, it comes back here.
    }

    /// <summary>The lane waits for a message; an order that came just before, or a message that another lane left, is not to be slept through.</summary>
    private void Rest()
    {
        Volatile.Write(ref _phase, Resting);
        if (Volatile.Read(ref _order) is not GoOn || _returned.Count > 0)
        {
            _source.Wake();
        }
    }

    private bool EndsLate(CallTimeout timeout)
    {
        var end = timeout.End();
        if (end == CallEnd.GivenUp)
        {
            // Whoever gives up is about to interrupt the lane, but on account of this call: no other is to begin.
            Volatile.Write(ref _order, Interrupted);
        }

        return end != CallEnd.InTime;
    }

    /// <summary>The message has been settled by the one who interrupted the lane: that the call ends now is no news of it.</summary>
    private void EndLateCall(Exception? failure)
    {
        _isLate = true;
        if (_isWaitingToRetry)
        {
            return; // No call was under way.
        }

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
        Volatile.Write(ref _order, Interrupted);

        // The lane writes its phase and then reads the order, with no fence between them, once a message. This fence stands in for it:
        // either the lane sees the order, or what is read here is the phase that it is still in.
        Interlocked.MemoryBarrierProcessWide();
        switch (Volatile.Read(ref _phase))
        {
            case Working:
                return false; // Between two calls: a moment later it has left, or is in a call.
            case Calling when Interlocked.Exchange(ref _claim, 1) == 0:
                _source.Busy.End(RoughClock.GetTimestamp(Context.TimeProvider));
                if (!Volatile.Read(ref _isWaitingToRetry))
                {
                    _owner.CountAbandonedCall();
                }

                var rest = _owner.Detach(_current);

                // Nobody waits for a letter here: whoever ends the sidecar waits for all of them.
                if (Fail(rest, reason, cause, isLast: false) is null && !_source.TryPark(rest, Context.Attempt, _owner.RetryDelayAfter(Context.Attempt)))
                {
                    Return(rest);
                }

                _watch.OnSettled();
                break;
        }

        if (outcome is null)
        {
            _ended.TrySetResult();
        }
        else
        {
            _ended.TrySetException(outcome);
        }

        _owner.Pause.Release();
        _hurry.Cancel();
        _leaving.Cancel();
        _source.Wake();
        return true;
    }
}
