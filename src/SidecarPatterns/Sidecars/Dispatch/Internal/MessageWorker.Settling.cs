namespace SidecarPatterns;

/// <summary>What becomes of messages that were not handled: a dead letter, or the end with the sidecar.</summary>
internal partial class MessageWorker<T>
{
    public override Task WhenLettersDelivered => _letters?.Delivered ?? Task.CompletedTask;

    public override void SettleRest(DeadLetterReason reason, Exception? cause)
    {
        SettleHeld(reason, cause);
        while (Queue.TryTake(out var message))
        {
            SettleLeft(Queue, message, reason, cause, attempts: 0, Queue.LastOrigin.Letter);
        }

        Watch.OnSettled();
    }

    /// <summary>Settles what is neither in the queue nor with a lane.</summary>
    protected abstract void SettleHeld(DeadLetterReason reason, Exception? cause);

    /// <summary>Settles a message that was taken and not handled.</summary>
    /// <returns>Completes when its letter has been delivered, and never fails.</returns>
    protected Task Settle(MessageSource<T> source, T message, DeadLetterReason reason, Exception? cause, int attempts, DeadLetter? replayed)
    {
        var delivery = Letters.DeliverAsync(ContentOf(message), reason, cause, attempts, replayed);
        if (Count(source, reason, cause) == Settlement.DeadLettered)
        {
            LastError = cause ?? LastError;
            DispatchLog.MessageDeadLettered(_logger, _name, reason, attempts, cause);
        }

        Callers?.OnGivenUp(message, reason, cause); // Last: who is told finds it in the account.
        return delivery;
    }

    /// <summary>Settles one of the messages that are left at the end, of which the supervisor tells.</summary>
    protected void SettleLeft(MessageSource<T> source, T message, DeadLetterReason reason, Exception? cause, int attempts, DeadLetter? replayed)
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
