namespace SidecarPatterns;

/// <summary>What becomes of messages that were not handled: a dead letter, another attempt by the next incarnation, or the end with the sidecar.</summary>
internal partial class MessageWorker<T>
{
    /// <summary>Settles a message that was taken and not handled.</summary>
    /// <returns>Completes when its letter has been delivered, and never fails.</returns>
    public Task Settle(MessageSource<T> source, T item, DeadLetterReason reason, Exception? cause, int attempts)
    {
        var delivery = Letters.DeliverAsync(ContentOf(item), reason, cause, attempts, source.LastOrigin.Letter);
        CountSettled(source, reason, cause, attempts);
        Callers?.OnGivenUp(item, reason, cause); // Last: who is told finds it in the account.
        return delivery;
    }

    protected void CountSettled(MessageSource<T> source, DeadLetterReason reason, Exception? cause, int attempts)
    {
        if (Count(source, reason, cause) == Settlement.DeadLettered)
        {
            LastError = cause ?? LastError;
            DispatchLog.MessageDeadLettered(_logger, _name, reason, attempts, cause);
        }
    }

    /// <summary>Settles the message that was in flight in a lane that was interrupted, or leaves it to the next incarnation.</summary>
    public void SettleInterrupted(MessageSource<T> source, T item, DeadLetterReason reason, Exception? cause, int attempts)
    {
        if (reason != DeadLetterReason.Abandoned &&
            MayRetry(item, cause ?? new OperationCanceledException("The incarnation that handled the message ended."), attempts))
        {
            if (!source.TryPark(item, attempts, RetryDelayAfter(attempts)) && !source.TryPutBack(item, attempts))
            {
                Return(new ReturnedMessage<T>(item, attempts, source.LastOrigin, source.LastOrdinal));
            }
        }
        else
        {
            _ = Settle(source, item, reason, cause, attempts); // Whoever ends the sidecar waits for its letters.
        }
    }

    public void Return(ReturnedMessage<T> item)
    {
        var returned = _returned ?? Interlocked.CompareExchange(ref _returned, new Queue<ReturnedMessage<T>>(), null) ?? _returned;
        lock (returned)
        {
            returned.Enqueue(item);
        }
    }

    public bool TryTakeReturned(MessageSource<T> source, out ReturnedMessage<T> item)
    {
        item = default;
        if (_returned is not { } returned)
        {
            return false;
        }

        lock (returned)
        {
            if (!returned.TryDequeue(out item))
            {
                return false;
            }

            source.Adopt(item);
            return true;
        }
    }

    public override void SettleRest(DeadLetterReason reason, Exception? cause)
    {
        while (TryTakeReturned(Queue, out var returned))
        {
            SettleLeft(Queue, returned.Message, reason, cause, returned.Attempts, returned.Origin.Letter);
        }

        SettleHeld(reason, cause);
        if (Intake is not null)
        {
            Intake.SettleHeld((source, message, attempts, letter) => SettleLeft(source, message, reason, cause, attempts, letter));
        }

        while (Queue.TryTake(out var message))
        {
            SettleLeft(Queue, message, reason, cause, attempts: 0, Queue.LastOrigin.Letter);
        }

        Watch.OnSettled();
    }

    public override Task WhenLettersDelivered => _letters?.Delivered ?? Task.CompletedTask;

    /// <summary>Settles what is neither in the queue nor with a lane.</summary>
    protected virtual void SettleHeld(DeadLetterReason reason, Exception? cause)
    {
    }

    protected void SettleLeft(
        MessageSource<T> source, T message, DeadLetterReason reason, Exception? cause, int attempts, DeadLetter? replayed)
    {
        _ = Letters.DeliverAsync(ContentOf(message), reason, cause, attempts, replayed);
        Count(source, reason, cause);
        Callers?.OnGivenUp(message, reason, cause);
    }

    private Settlement Count(MessageSource<T> source, DeadLetterReason reason, Exception? cause)
    {
        var settlement = reason == DeadLetterReason.Abandoned ? Settlement.Abandoned : Settlement.DeadLettered;
        source.Settle(settlement);
        if (settlement == Settlement.DeadLettered)
        {
            Letters.CountFailure(cause, reason);
        }

        return settlement;
    }
}
