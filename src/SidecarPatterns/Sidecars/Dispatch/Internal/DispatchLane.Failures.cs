namespace SidecarPatterns;

/// <summary>What follows a call that failed: another attempt, or a dead letter.</summary>
internal sealed partial class DispatchLane<T>
{
    private LazyCancellation _hurry; // Cancelled when a retry is not to wait any longer.
    private bool _hasRetried; // Whether any message was attempted again here.
    private bool _isLastAttempt; // The drain has begun: no attempt follows this one.

    /// <summary>What was awaited has ended: a call, a retry, or the delivery of a dead letter.</summary>
    /// <returns><see langword="false"/> if the message is not done with: <paramref name="pending"/> is what comes next.</returns>
    private bool EndStep(Exception? failure, out ValueTask pending)
    {
        var wasRetry = _state.IsWaiting;
        if (!wasRetry && !_state.IsResting)
        {
            return EndCall(failure, out pending);
        }

        _state.Work();
        if (wasRetry)
        {
            EndUnbegunRetry();
        }

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

        // A call that was cancelled did not fail: it was interrupted, or abandoned since the time to drain is over.
        var reason = timedOut ? DeadLetterReason.HandlerTimeout
            : failure is OperationCanceledException && Token.IsCancellationRequested ? CancelReason
            : DeadLetterReason.HandlerFailed;
        return Fail(_current, reason, cause, _isLastAttempt) is { } delivery ? Deliver(delivery, out pending) : PlanRetry(out pending);
    }

    /// <summary>An attempt has failed, or is given up on: settles the message, unless it may be attempted again.</summary>
    /// <returns>The delivery of its letter; <see langword="null"/> if there is to be another attempt.</returns>
    private Task? Fail(T message, DeadLetterReason reason, Exception? cause, bool isLast)
    {
        if (!_owner.HasLeft(message))
        {
            return Task.CompletedTask; // Its handler had settled it by itself.
        }

        return reason != DeadLetterReason.Abandoned && !isLast && _owner.MayRetry(message, cause, Context.Attempt)
            ? null
            : _owner.Settle(_source, message, reason, cause, Context.Attempt);
    }

    /// <summary>The message is to be attempted again: later by any lane, by this one after a wait, or by the next incarnation.</summary>
    private bool PlanRetry(out ValueTask pending)
    {
        _watch.OnSettled(); // Of a batch, a part may be.
        var delay = _owner.RetryDelayAfter(Context.Attempt);
        if (!_source.TryPark(_current, Context.Attempt, delay))
        {
            if (!_state.IsToEnd)
            {
                pending = RetryAsync(delay);
                return false;
            }

            Return(_current);
        }

        BeginAttemptsAnew();
        pending = default;
        return true;
    }

    /// <summary>Leaves the message to the lanes that come after this one: in its place, where others must not overtake it.</summary>
    private void Return(T message)
    {
        if (!_source.TryPutBack(message, Context.Attempt))
        {
            _returned.Add(new ReturnedMessage<T>(message, Context.Attempt, _source.LastOrigin, _source.LastOrdinal));
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

        EndStretch();
        _state.Rest(); // The letter's message is settled: nobody waits here but for the sink.
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
        _hasRetried = true;
        EndStretch();
        _state.Wait();
        try
        {
            await Task.Delay(delay, Context.TimeProvider, _hurry.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _isLastAttempt = true;
        }

        _state.Work();
        if (_state.IsToEnd || _owner.IsUnwanted(_current))
        {
            _state.Wait();
            return; // To EndUnbegunRetry.
        }

        if (_thread is not null)
        {
            await _thread;
        }

        BeginStretch();
        Context.Attempt++;
        await BeginCall().ConfigureAwait(false);
    }

    /// <summary>The retry did not begin. If the lane was sent away, the next incarnation makes it, unless somebody has settled the message.</summary>
    private void EndUnbegunRetry()
    {
        if (!_state.TryKeepMessage())
        {
            _isLate = true;
            return;
        }

        if (_owner.IsUnwanted(_current))
        {
            SettleUnwanted();
        }
        else
        {
            Return(_current);
        }

        BeginAttemptsAnew();
    }

    /// <summary>Goes on with a message that an incarnation before this one left.</summary>
    private bool TryTakeReturned(out ValueTask pending)
    {
        ReturnedMessage<T> returned = default;
        var isTaken = _state.TryBeginTake() && _returned.TryTake(_source, out returned);
        _state.EndTake();
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
    private bool IsNotToBeCalled(out ValueTask pending)
    {
        pending = default;
        if (_owner.IsUnwanted(_current))
        {
            SettleUnwanted();
            return true;
        }

        var attempts = _source.LastAttempts;
        Context.Attempt = attempts + 1;
        _isLastAttempt = attempts > 0 && _hurry.IsCancellationRequested && !_state.IsToEnd; // One that is sent away hurries too: others go on.
        if (attempts > 0 || !_owner.IsExpired(_source.LastOrigin))
        {
            return false;
        }

        Deliver(_owner.Settle(_source, _current, DeadLetterReason.Expired, cause: null, attempts: 0), out pending);
        return true;
    }
}
