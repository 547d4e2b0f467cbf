using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>
/// The queue that knows how large its messages are, and is bounded in bytes too. It takes a message if a place is free and its bytes fit, or
/// if nothing is queued: so one that is larger than the whole bound waits alone, and not for ever.
/// </summary>
/// <remarks>
/// It serves all four modes of a full queue by one lock, and only sidecars with <c>SizeOf</c> have it: for them, to measure a message costs more.
/// The dispatcher's side is in <c>SizedQueue.Taking.cs</c>, that of the publishers who wait in <c>SizedQueue.Waiting.cs</c>.
/// </remarks>
internal sealed partial class SizedQueue<T> : MessageQueue<T>, IReservable<T>
{
    private readonly Func<T, long> _sizeOf;
    private readonly DropCallback<T> _dropped;
    private readonly long _maxBytes;
    private readonly bool _evicts;
    private readonly bool _evictsOldest;

    private long _napEnd = BatchNap<T>.Awake;

    // No spinning: whoever makes room puts a whole line of messages there. Never held while the sidecar's or the publisher's code runs.
    private readonly Lock _lock = new();

    // All guarded by the lock.
    private PlaceRing<T> _places;
    private long _bytes; // Of the places, and of what was pulled and is not released.
    private int _pulled;
    private long _pulledBytes;
    private long _accepted;
    private long _evicted;
    private long _taken;
    private long _nextOrdinal;
    private long _refusedSize; // Of the message that was refused last, until it or another as large had its chance.
    private bool _closed;
    private Exception? _cause;

    /// <param name="capacity">How many messages can wait.</param>
    /// <param name="capacityInBytes">How many bytes can wait; <see langword="null"/> to measure only.</param>
    /// <param name="mode">What happens when it is full.</param>
    /// <param name="sizeOf">Says how many bytes a message has, on the publisher's thread, outside the lock.</param>
    /// <param name="dropped">Told of each evicted message on the publisher's thread, outside the lock.</param>
    public SizedQueue(int capacity, long? capacityInBytes, BoundedChannelFullMode mode, Func<T, long> sizeOf, DropCallback<T> dropped)
        : base(capacity)
    {
        _sizeOf = sizeOf;
        _dropped = dropped;
        CapacityInBytes = capacityInBytes;
        _maxBytes = capacityInBytes ?? long.MaxValue;
        _evictsOldest = mode == BoundedChannelFullMode.DropOldest;
        _evicts = _evictsOldest || mode == BoundedChannelFullMode.DropNewest;
        _places = new PlaceRing<T>(capacity);
    }

    public override ref long NapEnd => ref _napEnd;

    public override bool IsSized => true;

    public override long? CapacityInBytes { get; }

    public override long? QueuedBytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    public override Exception? Cause => Volatile.Read(ref _cause);

    public override bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>The largest message that there is room for; less than zero if there is no place.</summary>
    private long Room => RoomBeside(_places.Count + _pulled, _bytes);

    public override long Measure(T message)
    {
        long size;
        try
        {
            size = _sizeOf(message);
        }
#pragma warning disable CA1031 // The user's own code: the publisher is told whose it is.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw new InvalidOperationException(
                $"SizeOf of sidecar '{_dropped.SidecarName}' failed for a message that was published: {exception.Message}", exception);
        }

        return size >= 0
            ? size
            : throw new InvalidOperationException(
                $"SizeOf of sidecar '{_dropped.SidecarName}' returned {size} for a message that was published; allowed is a number of bytes from 0.");
    }

    public override OfferResult TryOffer(T message, in MessageOrigin origin) =>
        IsClosed ? OfferResult.Closed : TryOffer(message, Measure(message), origin);

    public override OfferResult TryOffer(T message, long size, in MessageOrigin origin) => Offer(message, size, origin, mayEvict: true);

    public override OfferResult TryOfferWithoutEvicting(T message, long size, in MessageOrigin origin) => Offer(message, size, origin, mayEvict: false);

    private OfferResult Offer(T message, long size, in MessageOrigin origin, bool mayEvict)
    {
        var evictions = default(Evictions<T>);
        lock (_lock)
        {
            if (_closed)
            {
                return OfferResult.Closed;
            }

            if ((!mayEvict && size > Room) || (!_evicts && RefusesLocked(size)))
            {
                return OfferResult.Full;
            }

            if (_evicts && !TryMakeRoom(size, ref evictions))
            {
                evictions.Add(message);
                _accepted++;
                _evicted++;
            }
            else
            {
                Append(message, size, origin);
            }
        }

        evictions.Tell(_dropped, Flushes);
        return OfferResult.Accepted;
    }

    public override OfferResult TryReserve(out Reservation<T> reservation) => TryReserve(size: 0, out reservation);

    public override OfferResult TryReserve(long size, out Reservation<T> reservation)
    {
        if (_evicts)
        {
            throw new NotSupportedException("A queue that evicts always has room: nothing needs to be reserved in it.");
        }

        reservation = default;
        lock (_lock)
        {
            if (_closed || RefusesLocked(size))
            {
                return _closed ? OfferResult.Closed : OfferResult.Full;
            }

            reservation = new Reservation<T>(this, this, _nextOrdinal);
            AddPlace(default!, size, default, SizedPlaceState.Undecided);
            return OfferResult.Accepted;
        }
    }

    void IReservable<T>.Fill(object segment, long position, T message, in MessageOrigin origin)
    {
        lock (_lock)
        {
            ref var place = ref PlaceAt(position);
            place = place with { Message = message, Origin = origin, State = SizedPlaceState.Filled };
            _accepted++;
            WakeTaker();
        }
    }

    void IReservable<T>.Void(object segment, long position)
    {
        WaitingPublisher<T>? served;
        lock (_lock)
        {
            ref var place = ref PlaceAt(position);
            _bytes -= place.Size;
            place = place with { Size = 0, State = SizedPlaceState.Void };
            RemoveVoids();
            served = ServeLocked();
        }

        WaitingPublisher<T>.CompleteAll(served);
        Flushes?.OnSettled(); // It may have been the last place that a flush waits for.
    }

    public override bool Close(Exception? cause)
    {
        WaitingPublisher<T>? asking;
        WaitingPublisher<T>? offering;
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            Volatile.Write(ref _cause, cause);
            Volatile.Write(ref _closed, true);
            asking = _waiting?.RemoveAsking();
            offering = _waiting?.RemoveOffering();
            WakeTaker();
        }

        TellClosed(asking, offering, cause);
        return true;
    }

    public override void Reopen()
    {
        lock (_lock)
        {
            Volatile.Write(ref _cause, null);
            Volatile.Write(ref _closed, false);
            _refusedSize = 0;
        }
    }

    public override QueuePosition ReadPosition()
    {
        lock (_lock)
        {
            return new QueuePosition(_accepted, _evicted, _taken);
        }
    }

    /// <summary>Puts a message at the end; there is room for it.</summary>
    private void Append(T message, long size, in MessageOrigin origin)
    {
        AddPlace(message, size, origin, SizedPlaceState.Filled);
        _accepted++;
        WakeTaker();
    }

    private void AddPlace(T message, long size, in MessageOrigin origin, SizedPlaceState state)
    {
        _places.Append(new SizedPlace<T>(message, size, origin, _nextOrdinal++, state));
        _bytes += size;
        GiveChanceTo(size);
    }

    // Places that are reserved never give way: their numbers have no gaps.
    private ref SizedPlace<T> PlaceAt(long ordinal) => ref _places[(int)(ordinal - _places[0].Ordinal)];

    // Those who wait behind a place that is void in the middle wait until the messages before it are taken.
    private void RemoveVoids()
    {
        while (_places.Count > 0 && _places[0].State == SizedPlaceState.Void)
        {
            _places.RemoveFirst();
        }
    }

    /// <summary>Evicts as many messages as must give way for one of this size.</summary>
    /// <returns><see langword="false"/>, and nothing is evicted, if what was pulled leaves no room for it: that is out of reach.</returns>
    private bool TryMakeRoom(long size, ref Evictions<T> evictions)
    {
        if (size > RoomBeside(_pulled, _pulledBytes))
        {
            NoteRefused(size);
            return false;
        }

        while (size > Room)
        {
            ref var place = ref _places[_evictsOldest ? 0 : _places.Count - 1];
            evictions.Add(place.Message);
            _bytes -= place.Size;
            _evicted++;
            if (_evictsOldest)
            {
                _places.RemoveFirst();
            }
            else
            {
                _places.RemoveLast();
            }
        }

        return true;
    }

    private long RoomBeside(int queued, long bytes) =>
        queued == 0 ? long.MaxValue : queued < Capacity ? _maxBytes - bytes : -1;
}
