using System.Numerics;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>
/// The queue that never evicts: a ring that publishers enter by one compare-and-swap on its tail and that one dispatcher leaves
/// without any. Its positions are the account.
/// </summary>
/// <remarks>
/// <para>The tail word holds the next free position and, below it, three bits that a publisher learns of by the very exchange it does
/// anyway: <see cref="Sleeping"/> (the dispatcher must be woken; one publisher wins that), <see cref="Gated"/> (publishers wait for
/// room, or the ring grows: come by the lock) and <see cref="Closed"/>. While the gate is set and the lock is held, nobody moves the tail.</para>
/// <para>The idea of numbered slots is Dmitry Vyukov's bounded queue; the dispatcher's side is in <c>RingQueue.Taking.cs</c>, the waiting
/// publishers' in <c>RingQueue.Waiting.cs</c>.</para>
/// </remarks>
internal sealed partial class RingQueue<T> : MessageQueue<T>, IReservable<T>
{
    private const long Sleeping = 1;
    private const long Gated = 2;
    private const long Closed = 4;
    private const int PositionShift = 3;
    private const int FirstLength = 8;
    private const int Growth = 4;

    // Publishers.
    private PaddedTail _tail;
    private RingSegment<T> _publishSegment;

    // The dispatcher's position, for all to see.
    private PaddedLong _head;

    // Guarded by the lock.
    private readonly Lock _lock = new();
    private long _voided;
    private long _skipped;
    private Exception? _cause;

    public RingQueue(int capacity)
        : base(capacity)
    {
        var length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(capacity, 2, FirstLength));
        _publishSegment = _takeSegment = new RingSegment<T>(length, start: 0, capacity);
        _serveAfter = Math.Clamp(capacity / 4, 1, MaxServeAfter);
        _tail.NapEnd = BatchNap<T>.Awake;
    }

    public override ref long NapEnd => ref _tail.NapEnd;

    public override Exception? Cause => Volatile.Read(ref _cause);

    public override bool IsClosed => (Volatile.Read(ref _tail.Word) & Closed) != 0;

    public override OfferResult TryOffer(T message, in MessageOrigin origin)
    {
        var result = TryEnter(out var segment, out var position, out var wake);
        if (result == OfferResult.Accepted)
        {
            segment!.Publish(position, message, origin);
            if (wake)
            {
                _signal.Set();
            }
        }

        return result;
    }

    public override OfferResult TryReserve(out Reservation<T> reservation)
    {
        var result = TryEnter(out var segment, out var position, out var wake);
        reservation = result == OfferResult.Accepted ? new Reservation<T>(this, segment!, position) : default;
        if (wake)
        {
            // The dispatcher may be woken before the place is decided: it waits there.
            _signal.Set();
        }

        return result;
    }

    // As in the base class, but without a second call by way of it: all that a fan-out publishes comes here.
    public override OfferResult TryReserve(long size, out Reservation<T> reservation) => TryReserve(out reservation);

    public override bool Refuses(long size) => IsFull;

    void IReservable<T>.Fill(object segment, long position, T message, in MessageOrigin origin) =>
        ((RingSegment<T>)segment).Publish(position, message, origin);

    void IReservable<T>.Void(object segment, long position)
    {
        lock (_lock)
        {
            _voided++;
        }

        ((RingSegment<T>)segment).PublishVoid(position);
    }

    /// <summary>Moves the tail past one place, which the caller then owns. It must publish there, whatever happens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private OfferResult TryEnter(out RingSegment<T>? segment, out long position, out bool wake)
    {
        var tail = Volatile.Read(ref _tail.Word);
        while (true)
        {
            // Read between the tail and the exchange: a growth in between moves the tail, so the exchange fails.
            segment = Volatile.Read(ref _publishSegment);
            position = tail >> PositionShift;
            if ((tail & (Gated | Closed)) != 0 || !HasRoom(position, segment.Limit))
            {
                return EnterSlowly(out segment, out position, out wake);
            }

            var seen = Interlocked.CompareExchange(ref _tail.Word, (position + 1) << PositionShift, tail);
            if (seen == tail)
            {
                wake = (tail & Sleeping) != 0;
                return OfferResult.Accepted;
            }

            tail = seen;
        }
    }

    public override bool HasRoomBeside(int reserve) => HasRoom(Volatile.Read(ref _tail.Word) >> PositionShift, Capacity - reserve);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool HasRoom(long position, int limit)
    {
        if (position - Volatile.Read(ref _tail.HeadSeen) < limit)
        {
            return true;
        }

        // A late writer may put back an older head: then the next publisher looks once more than it had to.
        var head = Volatile.Read(ref _head.Value);
        Volatile.Write(ref _tail.HeadSeen, head);
        return position - head < limit;
    }

    /// <summary>The tail is gated or closed, or the newest segment is full.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private OfferResult EnterSlowly(out RingSegment<T>? segment, out long position, out bool wake)
    {
        segment = null;
        position = 0;
        wake = false;
        if (OfferingCount > 0 || IsPlainlyFull())
        {
            return OfferResult.Full; // Those who wait come first.
        }

        lock (_lock)
        {
            var tail = Interlocked.Or(ref _tail.Word, Gated);
            if ((tail & Closed) != 0)
            {
                return OfferResult.Closed;
            }

            if (OfferingCount > 0)
            {
                return OfferResult.Full;
            }

            position = tail >> PositionShift;
            if (position - Volatile.Read(ref _head.Value) >= Capacity)
            {
                Volatile.Write(ref _tail.Word, tail & ~Gated);
                return OfferResult.Full;
            }

            segment = SegmentFor(position);
            wake = (tail & Sleeping) != 0;
            Volatile.Write(ref _tail.Word, (position + 1) << PositionShift);
            return OfferResult.Accepted;
        }
    }

    public override bool IsFull
    {
        get
        {
            var position = Volatile.Read(ref _tail.Word) >> PositionShift;
            return OfferingCount > 0 ||
                (position - Volatile.Read(ref _tail.HeadSeen) >= Capacity && position - Volatile.Read(ref _head.Value) >= Capacity);
        }
    }

    private bool IsPlainlyFull()
    {
        var tail = Volatile.Read(ref _tail.Word);
        return (tail & (Gated | Closed)) == 0 && (tail >> PositionShift) - Volatile.Read(ref _head.Value) >= Capacity;
    }

    /// <summary>The segment for the next position, after growth if the newest is full. Locked and gated; the caller takes the position.</summary>
    private RingSegment<T> SegmentFor(long position)
    {
        var segment = _publishSegment;
        if (segment.Limit >= Capacity || position - Volatile.Read(ref _head.Value) < segment.Limit)
        {
            return segment;
        }

        var length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(Capacity, (long)segment.Length * Growth));
        var larger = new RingSegment<T>(length, position, Capacity);
        segment.Next = larger;
        Volatile.Write(ref _publishSegment, larger);
        return larger;
    }

    public override bool Close(Exception? cause)
    {
        bool wake;
        WaitingPublisher<T>? asking;
        WaitingPublisher<T>? offering;
        lock (_lock)
        {
            if ((Volatile.Read(ref _tail.Word) & Closed) != 0)
            {
                return false;
            }

            Volatile.Write(ref _cause, cause);
            var tail = Interlocked.Or(ref _tail.Word, Closed | Gated);
            Volatile.Write(ref _tail.Word, (tail | Closed) & ~(Sleeping | Gated));
            wake = (tail & Sleeping) != 0;
            asking = _waiting?.RemoveAsking();
            offering = _waiting?.RemoveOffering();
            Volatile.Write(ref _hasWaiting, 0);
            _rescue?.Dispose();
        }

        TellClosed(asking, offering, cause);
        if (wake)
        {
            _signal.Set();
        }

        return true;
    }

    public override void Reopen()
    {
        lock (_lock)
        {
            Volatile.Write(ref _cause, null);
            Interlocked.And(ref _tail.Word, ~(Closed | Gated)); // Those who came by the lock and were refused left the gate as it was.
            _rescue = null; // It was disposed of at the close.
            _rescueArmed = false;
        }
    }

    public override QueuePosition ReadPosition()
    {
        lock (_lock)
        {
            long head, tail;
            var attempts = 0;
            do
            {
                head = Volatile.Read(ref _head.Value);
                tail = Volatile.Read(ref _tail.Word) >> PositionShift;
            }
            while (Volatile.Read(ref _head.Value) != head && ++attempts < 100);

            // A busy ring may move on between the two looks: then it is shown as full as it can have been.
            tail = Math.Min(tail, head + Capacity);
            return new QueuePosition(tail - _voided, Evicted: 0, head - _skipped);
        }
    }
}
