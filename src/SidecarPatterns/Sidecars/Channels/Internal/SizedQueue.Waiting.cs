namespace SidecarPatterns;

/// <summary>The side where publishers wait for room: those with a message in a line, which nobody overtakes, those who only ask behind them.</summary>
internal sealed partial class SizedQueue<T>
{
    private WaitingPublishers<T>? _waiting; // Made when the first publisher waits.
    private bool _refusedSinceRelease; // Guarded by the lock.

    public override bool HasMadePublishersWait => Volatile.Read(ref _waiting) is not null;

    private WaitingPublishers<T> Waiting => _waiting ??= new WaitingPublishers<T>(TryForget);

    private int OfferingCount => _waiting?.OfferingCount ?? 0;

    public override bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return IsFullFor(_refusedSize);
            }
        }
    }

    public override bool Refuses(long size)
    {
        lock (_lock)
        {
            return !_closed && !_evicts && RefusesLocked(size);
        }
    }

    public override bool IsHeldUp
    {
        get
        {
            lock (_lock)
            {
                return IsHeldUpLocked;
            }
        }
    }

    private bool IsHeldUpLocked => _pulled > 0 && _places.Count == 0 && (_refusedSinceRelease || _waiting is { IsEmpty: false });

    public override ValueTask OfferAsync(T message, in MessageOrigin origin, CancellationToken ct) =>
        ct.IsCancellationRequested ? ValueTask.FromCanceled(ct)
        : IsClosed ? Refused()
        : OfferAsync(message, Measure(message), origin, ct);

    public override ValueTask OfferAsync(T message, long size, in MessageOrigin origin, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(ct);
        }

        if (_evicts)
        {
            return TryOffer(message, size, origin) == OfferResult.Accepted ? default : Refused();
        }

        WaitingPublisher<T> publisher;
        lock (_lock)
        {
            if (_closed)
            {
                return Refused();
            }

            if (!IsFullFor(size))
            {
                Append(message, size, origin);
                return default;
            }

            publisher = Waiting.AddOffering(message, origin);
            publisher.Size = size;
            WakeWhoHoldsUp();
        }

        OnPublisherWaits?.Invoke();
        return new ValueTask(publisher, publisher.ListenFor(ct));
    }

    public override ValueTask<bool> WaitToOfferAsync(CancellationToken ct) => WaitForRoom(size: null, ct);

    public override ValueTask<bool> WaitToOfferAsync(long size, CancellationToken ct) => WaitForRoom(size, ct);

    public override void ServeWaitingPublishers()
    {
        // They are served whenever there is room.
    }

    /// <param name="size">How much room; <see langword="null"/> for as much as the message needs that was refused last.</param>
    /// <param name="ct">Ends the wait.</param>
    private ValueTask<bool> WaitForRoom(long? size, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(ct);
        }

        WaitingPublisher<T> publisher;
        lock (_lock)
        {
            if (_closed)
            {
                return ClosedAnswer();
            }

            var wanted = size ?? _refusedSize;
            if (!IsFullFor(wanted))
            {
                GiveChanceTo(wanted);
                return new ValueTask<bool>(true);
            }

            publisher = Waiting.AddAsking();
            publisher.Size = wanted;
            WakeWhoHoldsUp();
        }

        OnPublisherWaits?.Invoke();
        return new ValueTask<bool>(publisher, publisher.ListenFor(ct));
    }

    private bool IsFullFor(long size) => !_evicts && (OfferingCount > 0 || size > Room);

    private bool RefusesLocked(long size)
    {
        var refuses = IsFullFor(size);
        if (refuses)
        {
            NoteRefused(size);
        }

        return refuses;
    }

    private void NoteRefused(long size)
    {
        _refusedSize = size;
        _refusedSinceRelease = true;
        WakeWhoHoldsUp();
    }

    // From here on nobody waits for room on account of a message that may have been given up.
    private void GiveChanceTo(long size)
    {
        if (size >= _refusedSize)
        {
            _refusedSize = 0;
        }
    }

    private void WakeWhoHoldsUp()
    {
        if (IsHeldUpLocked)
        {
            WakeTaker();
        }
    }

    /// <summary>Puts the messages of those who wait where there is room; returns whom to tell, chained.</summary>
    private WaitingPublisher<T>? ServeLocked()
    {
        if (_closed || _waiting is not { IsEmpty: false } waiting)
        {
            return null; // Close has told them all.
        }

        WaitingPublisher<T>? served = null;
        while (waiting.FirstOffering is { } publisher && publisher.Size <= Room)
        {
            waiting.Remove(publisher);
            Append(publisher.Message!, publisher.Size, publisher.Origin);
            publisher.Next = served;
            served = publisher;
        }

        if (waiting.OfferingCount == 0 && waiting.RemoveAsking(Room) is { } told)
        {
            GiveChanceTo(Room);
            served = WaitingPublisher<T>.Join(told, served);
        }

        return served;
    }

    /// <summary>A publisher was cancelled; takes it out of the line, and lets in those behind it whose messages fit.</summary>
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
            served = ServeLocked();
        }

        WaitingPublisher<T>.CompleteAll(served);
        return true;
    }
}
