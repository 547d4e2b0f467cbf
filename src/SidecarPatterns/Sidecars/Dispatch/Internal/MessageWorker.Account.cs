namespace SidecarPatterns;

/// <summary>The account of a sidecar, read out of its queue's positions and its lanes' settlements.</summary>
internal partial class MessageWorker<T>
{
    private const int MaxReads = 100;

    private long _late;
    private long _abandonedCalls;

    public void CountLate() => Interlocked.Increment(ref _late);

    public void CountAbandonedCall() => Interlocked.Increment(ref _abandonedCalls);

    public override long CallsLeftBehind => Interlocked.Read(ref _abandonedCalls) - Interlocked.Read(ref _late);

    public override SidecarAccount ReadAccount()
    {
        // Settled before and after: if both agree, what was taken in between is exactly what is in flight.
        (long Handled, long DeadLettered, long Abandoned, long Cancelled) settled;
        QueuePosition position;
        var attempts = 0;
        do
        {
            settled = ReadSettled();
            position = Queue.ReadPosition();
        }
        while (ReadSettled() != settled && ++attempts < MaxReads);

        var total = settled.Handled + settled.DeadLettered + settled.Abandoned + settled.Cancelled;
        var maxInFlight = MaxInFlight;
        if (position.Taken - total > maxInFlight)
        {
            // Lanes that never rest: what they took since the first look is shown where it was then, in the queue.
            position = position with { Taken = total + maxInFlight };
            position = position with { Accepted = position.Accepted - Math.Max(position.Queued - Queue.Capacity, 0) };
        }

        return new SidecarAccount
        {
            Accepted = position.Accepted,
            Handled = settled.Handled,
            DeadLettered = settled.DeadLettered,
            Evicted = position.Evicted + settled.Cancelled,
            Abandoned = settled.Abandoned,
            Queued = position.Queued,
            InFlight = position.Taken - total,
            Capacity = Queue.Capacity,
            QueuedBytes = Queue.QueuedBytes,
            CapacityInBytes = Queue.CapacityInBytes,
            Late = Interlocked.Read(ref _late),
            AbandonedCalls = Interlocked.Read(ref _abandonedCalls),
            BusyTime = ReadBusyTime(),
            Forgotten = _letters?.Forgotten ?? 0,
            Rejected = Queue.Refusals.ReadRejected(),
            Dropped = Queue.Refusals.ReadDropped(),
        };
    }

    /// <summary>How many messages can be with the handler, or between two attempts.</summary>
    protected abstract long MaxInFlight { get; }

    /// <summary>The lanes' ends, each of which counts for itself; what is settled without one, or by a lane that takes from the queue, counts there.</summary>
    protected virtual IReadOnlyList<MessageSource<T>> Lanes => [];

    private TimeSpan ReadBusyTime()
    {
        var now = RoughClock.GetTimestamp(Environment.TimeProvider);
        var ticks = Queue.Busy.Read(now);
        foreach (var lane in Lanes)
        {
            ticks += lane.Busy.Read(now);
        }

        return Environment.TimeProvider.GetElapsedTime(0, ticks);
    }

    private (long Handled, long DeadLettered, long Abandoned, long Cancelled) ReadSettled()
    {
        var sum = (Queue.Settled.Handled, Queue.Settled.DeadLettered, Queue.Settled.Abandoned, Queue.Settled.Cancelled);
        foreach (var lane in Lanes)
        {
            sum.Handled += lane.Settled.Handled;
            sum.DeadLettered += lane.Settled.DeadLettered;
            sum.Abandoned += lane.Settled.Abandoned;
            sum.Cancelled += lane.Settled.Cancelled;
        }

        return sum;
    }
}
