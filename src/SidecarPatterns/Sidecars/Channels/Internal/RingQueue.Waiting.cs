using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>The side of the ring where publishers wait for room.</summary>
/// <remarks>
/// They are served in batches, since handing over each free place by itself costs more than the queue: after a quarter of the
/// capacity, when a clock tick has passed, before the dispatcher sleeps or awaits a handler. A handler that blocks its thread could still
/// hold free places back, so a timer looks after them while anybody waits.
/// </remarks>
internal sealed partial class RingQueue<T>
{
    private const int MaxServeAfter = 128;

    // Real time: it bounds a delay inside this machine and means nothing to the application.
    private const int RescueMilliseconds = 15;

    private readonly int _serveAfter;
    private WaitingPublishers<T>? _waiting; // Made when the first publisher waits.
    private int _hasWaiting;
    private Timer? _rescue;
    private bool _rescueArmed;

    // The dispatcher's own.
    private int _takenSinceServed;
    private long _servedAtTick;

    /// <summary>How many wait with a message; readable without the lock.</summary>
    private int OfferingCount => Volatile.Read(ref _waiting)?.OfferingCount ?? 0;

    public override bool HasMadePublishersWait => Volatile.Read(ref _waiting) is not null;

    private WaitingPublishers<T> Waiting => _waiting ??= new WaitingPublishers<T>(TryForget);

    public override ValueTask OfferAsync(T message, in MessageOrigin origin, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(ct);
        }

        WaitingPublisher<T> publisher;
        lock (_lock)
        {
            var tail = Interlocked.Or(ref _tail.Word, Gated);
            if ((tail & Closed) != 0)
            {
                return Refused();
            }

            var position = tail >> PositionShift;
            if (OfferingCount == 0 && position - Volatile.Read(ref _head.Value) < Capacity)
            {
                SegmentFor(position).Publish(position, message, origin);
                Volatile.Write(ref _tail.Word, (position + 1) << PositionShift);
                if ((tail & Sleeping) != 0)
                {
                    _signal.Set(); // Only queues work: safe under the lock.
                }

                return default;
            }

            Interlocked.Exchange(ref _hasWaiting, 1);
            publisher = Waiting.AddOffering(message, origin);
            ArmRescue();
        }

        OnPublisherWaits?.Invoke();
        return new ValueTask(publisher, publisher.ListenFor(ct));
    }

    public override ValueTask<bool> WaitToOfferAsync(CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(ct);
        }

        WaitingPublisher<T> publisher;
        lock (_lock)
        {
            var tail = Volatile.Read(ref _tail.Word);
            if ((tail & Closed) != 0)
            {
                return ClosedAnswer();
            }

            // First the flag, with a full fence, then the look: the dispatcher moves its head first and then looks at the flag.
            Interlocked.Exchange(ref _hasWaiting, 1);
            tail = Volatile.Read(ref _tail.Word);
            if ((tail & Gated) == 0 && (tail >> PositionShift) - Volatile.Read(ref _head.Value) < Capacity)
            {
                EndWaiting();
                return new ValueTask<bool>(true);
            }

            publisher = Waiting.AddAsking();
            ArmRescue();
        }

        OnPublisherWaits?.Invoke();
        return new ValueTask<bool>(publisher, publisher.ListenFor(ct));
    }

    public override void ServeWaitingPublishers()
    {
        if (Volatile.Read(ref _hasWaiting) != 0)
        {
            Serve();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ServeNowAndThen()
    {
        var tick = Environment.TickCount64;
        if (++_takenSinceServed >= _serveAfter || tick != _servedAtTick)
        {
            _takenSinceServed = 0;
            _servedAtTick = tick;
            Serve();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Serve()
    {
        WaitingPublisher<T>? served;
        lock (_lock)
        {
            served = ServeLocked();
        }

        WaitingPublisher<T>.CompleteAll(served);
    }

    /// <summary>Puts the messages of those who wait into the free places; returns whom to tell, chained.</summary>
    private WaitingPublisher<T>? ServeLocked()
    {
        WaitingPublisher<T>? served = null;
        var tail = Volatile.Read(ref _tail.Word);
        if ((tail & Closed) != 0)
        {
            return null; // Close has told them all.
        }

        if (OfferingCount > 0)
        {
            // They keep the gate set: the tail does not move but here.
            var position = tail >> PositionShift;
            var end = Volatile.Read(ref _head.Value) + Capacity;
            while (position < end && Waiting.TryDequeueOffering(out var publisher))
            {
                SegmentFor(position).Publish(position, publisher.Message!, publisher.Origin);
                position++;
                publisher.Next = served;
                served = publisher;
            }

            var hasMoved = position != tail >> PositionShift;
            Volatile.Write(ref _tail.Word, (position << PositionShift) | (OfferingCount > 0 ? Gated : 0) | (hasMoved ? 0 : tail & Sleeping));
            if (hasMoved && (tail & Sleeping) != 0)
            {
                _signal.Set(); // Only queues work: safe under the lock.
            }
        }

        tail = Volatile.Read(ref _tail.Word);
        if (_waiting is { HasAsking: true } && (tail & Gated) == 0 &&
            (tail >> PositionShift) - Volatile.Read(ref _head.Value) < Capacity)
        {
            served = WaitingPublisher<T>.Join(_waiting.RemoveAsking(), served);
        }

        EndWaiting();
        return served;
    }

    /// <summary>A publisher was cancelled; takes it out of the line, and opens the gate behind the last.</summary>
    private bool TryForget(WaitingPublisher<T> publisher)
    {
        WaitingPublisher<T>? served;
        lock (_lock)
        {
            if (!publisher.IsLinked)
            {
                return false;
            }

            Waiting.Remove(publisher);
            if (publisher.Offers && OfferingCount == 0)
            {
                Interlocked.And(ref _tail.Word, ~Gated);
            }

            served = ServeLocked();
        }

        WaitingPublisher<T>.CompleteAll(served);
        return true;
    }

    private void ArmRescue()
    {
        if (!_rescueArmed)
        {
            _rescueArmed = true;
            _rescue ??= NewRescue();
            _rescue.Change(RescueMilliseconds, Timeout.Infinite);
        }
    }

    /// <summary>Takes the flag back, but only if nobody waits: else those who ask would never be told.</summary>
    private void EndWaiting()
    {
        if (_waiting is not { IsEmpty: false })
        {
            Volatile.Write(ref _hasWaiting, 0);
        }
    }

    // The timer outlives the publisher's call and must not keep its context.
    private Timer NewRescue() => Unflowed.Run(
        static self => new Timer(static queue => ((RingQueue<T>)queue!).Rescue(), self, Timeout.Infinite, Timeout.Infinite), this);

    private void Rescue()
    {
        WaitingPublisher<T>? served;
        lock (_lock)
        {
            served = ServeLocked();
            _rescueArmed = _waiting is { IsEmpty: false } && _cause is null && (Volatile.Read(ref _tail.Word) & Closed) == 0;
            if (_rescueArmed)
            {
                _rescue!.Change(RescueMilliseconds, Timeout.Infinite);
            }
        }

        WaitingPublisher<T>.CompleteAll(served);
    }
}
