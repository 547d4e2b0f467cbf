namespace SidecarPatterns;

/// <summary>What follows a call that failed: another attempt, or a dead letter.</summary>
internal sealed partial class DispatchLane<T>
{
    private LazyCancellation _hurry; // Cancelled when a retry is not to wait any longer.
    private bool _isWaitingToRetry;
    private bool _isLastAttempt; // The drain has begun: no attempt follows this one.
    private bool _isDelivering;

    /// <summary>What was awaited has ended: a call, a retry, or the delivery of a dead letter.</summary>
    /// <returns><see langword="false"/> if the message is not done with: <paramref name="pending"/> is what comes next.</returns>
    private bool EndStep(Exception? failure, out ValueTask pending)
    {
        if (!_isDelivering)
        {
            return _isWaitingToRetry ? EndUnbegunRetry(out pending) : EndCall(failure, out pending);
        }

        // The letter's message is settled: nobody waited here but for the sink.
        _isDelivering = false;
        Volatile.Write(ref _phase, Working);
        pending = default;
        return true;
    }

    private bool EndFailedCall(Exception? failure, bool timedOut, out ValueTask pending)
    {
        _contexts.RestoreOwn();
        var cause = timedOut ? _timeout!.Explain(failure) : failure;
        if (_observation.IsActive)
        {
            _metrics.End(ref _observation, cause);
        }

        if (!_owner.HasLeft(_current))
        {
            return Deliver(Task.CompletedTask, out pending); // Its handler had settled it before it failed.
        }

        // A call that was cancelled did not fail: it was interrupted, or abandoned since the time to drain is over.
        var reason = timedOut ? DeadLetterReason.HandlerTimeout
            : failure is OperationCanceledException && Token.IsCancellationRequested ? CancelReason
            : DeadLetterReason.HandlerFailed;
        return reason != DeadLetterReason.Abandoned && !_isLastAttempt && _owner.MayRetry(_current, cause!, Context.Attempt)
            ? PlanRetry(out pending)
            : Deliver(_owner.Settle(_source, _current, reason, cause, Context.Attempt), out pending);
    }

    /// <summary>The message is to be attempted again: later by any lane, by this one after a wait, or by the next incarnation.</summary>
    private bool PlanRetry(out ValueTask pending)
    {
        _watch.OnSettled(); // Of a batch, a part may be.
        var delay = _owner.RetryDelayAfter(Context.Attempt);
        var isParked = _source.TryPark(_current, Context.Attempt, delay);
        if (!isParked && Volatile.Read(ref _order) is GoOn or Hold)
        {
            pending = RetryAsync(delay);
            return false;
        }

        if (!isParked)
        {
            LeaveToNext();
        }

        BeginAttemptsAnew();
        pending = default;
        return true;
    }

    private void LeaveToNext()
    {
        if (!_source.TryPutBack(_current, Context.Attempt))
        {
            _owner.Return(new ReturnedMessage<T>(_current, Context.Attempt, _source.LastOrigin, _source.LastOrdinal));
        }
    }

    /// <summary>The message is settled; the lane goes on when its letter has been delivered.</summary>
    private bool Deliver(Task delivery, out ValueTask pending)
    {
        BeginAttemptsAnew();
        _watch.OnSettled();
        if (delivery.IsCompleted)
        {
            pending = default;
            return true;
        }

        _isDelivering = true;
        EndStretch();
        Volatile.Write(ref _phase, Resting);
        pending = new ValueTask(delivery);
        return false;
    }

    private void BeginAttemptsAnew()
    {
        _isLastAttempt = false;
        Context.Attempt = 1;
    }

    /// <summary>Waits, and calls the handler once more.</summary>
    private async ValueTask RetryAsync(TimeSpan delay)
    {
        _isWaitingToRetry = true;
        _retries = true; // Whatever the options say by now: what follows begins with its first attempt.
        EndStretch();
        Volatile.Write(ref _phase, Calling); // Nothing runs, but the message is the lane's, and may be taken from it.
        try
        {
            await Task.Delay(delay, Context.TimeProvider, _hurry.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _isLastAttempt = true;
        }

        Volatile.Write(ref _phase, Working);
        if (Volatile.Read(ref _order) is GoOn or Hold && !_owner.IsUnwanted(_current))
        {
            _isWaitingToRetry = false;
            if (_thread is not null)
            {
                await _thread;
            }

            BeginStretch();
            Context.Attempt++;
            await BeginCall().ConfigureAwait(false);
        }
    }

    /// <summary>The retry did not begin. If the lane was sent away, the next incarnation makes it, unless somebody has settled the message.</summary>
    private bool EndUnbegunRetry(out ValueTask pending)
    {
        if (Volatile.Read(ref _order) != Interrupted || Interlocked.Exchange(ref _claim, 1) == 0)
        {
            if (_owner.IsUnwanted(_current))
            {
                SettleUnwanted();
            }
            else
            {
                LeaveToNext();
            }
        }
        else
        {
            _isLate = true;
        }

        _isWaitingToRetry = false;
        BeginAttemptsAnew();
        pending = default;
        return true;
    }

    /// <summary>Goes on with a message that an incarnation before this one left.</summary>
    private bool TryTakeReturned(out ValueTask pending)
    {
        ReturnedMessage<T> returned = default;
        Volatile.Write(ref _isTaking, true);
        var isTaken = Volatile.Read(ref _order) == GoOn && _owner.TryTakeReturned(_source, out returned);
        Volatile.Write(ref _isTaking, false);
        if (!isTaken)
        {
            pending = default;
            return false;
        }

        _current = returned.Message;
        Context.Attempt = returned.Attempts;
        pending = RetryAsync(_owner.RetryDelayAfter(returned.Attempts));
        return true;
    }

    /// <summary>Whoever sent the message has gone: no handler is called with it, and nobody is told.</summary>
    private void SettleUnwanted()
    {
        _source.Settle(Settlement.Cancelled);
        _watch.OnSettled();
    }

    /// <summary>Looks at where a message comes from: one that nobody wants any more, or that waited longer than it may, is settled.</summary>
    private bool IsNotToBeCalled(out ValueTask pending, out bool isDone)
    {
        pending = default;
        isDone = true;
        if (_owner.IsUnwanted(_current))
        {
            SettleUnwanted();
            return true;
        }

        var attempts = _source.LastAttempts;
        Context.Attempt = attempts + 1;
        _isLastAttempt = attempts > 0 && _hurry.IsCancellationRequested;
        if (attempts > 0 || !_owner.IsExpired(_source.LastOrigin))
        {
            isDone = false;
            return false;
        }

        isDone = Deliver(_owner.Settle(_source, _current, DeadLetterReason.Expired, cause: null, attempts: 0), out pending);
        return true;
    }
}
