using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>
/// The queue that makes room: full, it evicts its oldest or its newest message for the one that is offered. Publishers take too here, so
/// both sides go by one gate; nobody ever waits for room.
/// </summary>
internal sealed class EvictingQueue<T> : MessageQueue<T>
{
    private const int FirstLength = 16;

    private readonly bool _evictsOldest;
    private readonly DropCallback<T> _dropped;
    private readonly TakeSignal _signal = new();
    private long _napEnd = BatchNap<T>.Awake;

    // Never entered while the sidecar's or the publisher's code runs.
    private SpinGate _gate = new();

    // All guarded by the gate.
    private T[] _messages;
    private MessageOrigin[]? _origins; // Made for the first message that has one.
    private int _first;
    private int _count;
    private long _accepted;
    private long _evicted;
    private long _taken;
    private int _pulled; // Out of the array, but not released.
    private MessageOrigin _lastOrigin;
    private long _lastOrdinal;
    private bool _sleeping;
    private bool _closed;
    private Exception? _cause;

    /// <param name="capacity">How many messages can wait.</param>
    /// <param name="mode"><c>DropOldest</c> or <c>DropNewest</c>.</param>
    /// <param name="dropped">Told of each evicted message on the publisher's thread, outside the gate.</param>
    public EvictingQueue(int capacity, BoundedChannelFullMode mode, DropCallback<T> dropped)
        : base(capacity)
    {
        _evictsOldest = mode == BoundedChannelFullMode.DropOldest;
        _dropped = dropped;
        _messages = new T[Math.Min(capacity, FirstLength)];
    }

    public override ref long NapEnd => ref _napEnd;

    public override Exception? Cause => Volatile.Read(ref _cause);

    public override bool IsClosed => Volatile.Read(ref _closed);

    public override OfferResult TryOffer(T message, in MessageOrigin origin) => Offer(message, origin, mayEvict: true);

    public override OfferResult TryOfferWithoutEvicting(T message, long size, in MessageOrigin origin) => Offer(message, origin, mayEvict: false);

    private OfferResult Offer(T message, in MessageOrigin origin, bool mayEvict)
    {
        var evicted = default(T);
        bool wake, evicts;
        using (_gate.Enter())
        {
            if (_closed)
            {
                return OfferResult.Closed;
            }

            evicts = _count + _pulled == Capacity;
            if (evicts && !mayEvict)
            {
                return OfferResult.Full;
            }

            if (evicts)
            {
                evicted = Replace(message, origin);
            }
            else
            {
                Append(message, origin);
            }

            _accepted++;
            wake = TakeSleep();
        }

        if (wake)
        {
            _signal.Set();
        }

        if (evicts)
        {
            Flushes?.OnSettled(); // Before the user's code runs.
            _dropped.Invoke(evicted!, wasAccepted: true);
        }

        return OfferResult.Accepted;
    }

    public override ValueTask OfferAsync(T message, in MessageOrigin origin, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(ct);
        }

        return TryOffer(message, origin) == OfferResult.Accepted ? default : Refused();
    }

    public override ValueTask<bool> WaitToOfferAsync(CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(ct);
        }

        using (_gate.Enter())
        {
            return _closed ? ClosedAnswer() : new ValueTask<bool>(true);
        }
    }

    public override bool IsFull => false;

    public override OfferResult TryReserve(out Reservation<T> reservation) =>
        throw new NotSupportedException("A queue that evicts always has room: nothing needs to be reserved in it.");

    public override bool TryTake([MaybeNullWhen(false)] out T message) => TryRemove(out message, isReleased: true);

    public override bool TryPull([MaybeNullWhen(false)] out T message) => TryRemove(out message, isReleased: false);

    public override void Release()
    {
        using (_gate.Enter())
        {
            _pulled--;
            _taken++;
        }
    }

    // Where messages give way at the end, a place keeps its number; where they do at the beginning, each message has its own.
    public override long PullOrdinal => _evictsOldest ? Volatile.Read(ref _accepted) - Volatile.Read(ref _count) : Volatile.Read(ref _taken) + _pulled;

    public override long TakeOrdinal
    {
        get
        {
            using (_gate.Enter())
            {
                return PullOrdinal - _pulled;
            }
        }
    }

    public override long EndOrdinal
    {
        get
        {
            using (_gate.Enter())
            {
                return PullOrdinal + _count;
            }
        }
    }

    private bool TryRemove([MaybeNullWhen(false)] out T message, bool isReleased)
    {
        using (_gate.Enter())
        {
            if (_count == 0)
            {
                message = default;
                return false;
            }

            _lastOrdinal = PullOrdinal;
            var index = _first;
            message = _messages[index];
            if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            {
                _messages[index] = default!;
            }

            if (_origins is { } origins)
            {
                _lastOrigin = origins[index];
                origins[index] = default;
            }

            _first = Index(1);
            _count--;
            if (isReleased)
            {
                _taken++;
            }
            else
            {
                _pulled++;
            }

            return true;
        }
    }

    public override MessageOrigin LastOrigin => _lastOrigin;

    public override long LastOrdinal => Volatile.Read(ref _lastOrdinal);

    public override bool HasNext => Volatile.Read(ref _count) > 0;

    public override void ServeWaitingPublishers()
    {
        // Nobody waits for room here.
    }

    public override ValueTask<bool> WaitToTakeAsync()
    {
        using (_gate.Enter())
        {
            if (_count > 0 || _closed)
            {
                return new ValueTask<bool>(_count > 0);
            }

            _signal.Prepare();
            _sleeping = true;
            return _signal.Wait();
        }
    }

    public override void Wake()
    {
        bool wake;
        using (_gate.Enter())
        {
            wake = TakeSleep();
        }

        if (wake)
        {
            _signal.Set();
        }
    }

    public override bool Close(Exception? cause)
    {
        bool wake;
        using (_gate.Enter())
        {
            if (_closed)
            {
                return false;
            }

            _closed = true;
            Volatile.Write(ref _cause, cause);
            wake = TakeSleep();
        }

        if (wake)
        {
            _signal.Set();
        }

        return true;
    }

    public override void Reopen()
    {
        using (_gate.Enter())
        {
            _closed = false;
            Volatile.Write(ref _cause, null);
        }
    }

    public override QueuePosition ReadPosition()
    {
        using (_gate.Enter())
        {
            return new QueuePosition(_accepted, _evicted, _taken);
        }
    }

    /// <summary>Takes away the mark of a dispatcher that sleeps; whoever gets it wakes the dispatcher.</summary>
    private bool TakeSleep()
    {
        var sleeping = _sleeping;
        _sleeping = false;
        return sleeping;
    }

    private int Index(int offset)
    {
        var index = _first + offset;
        return index < _messages.Length ? index : index - _messages.Length;
    }

    private void Append(T message, in MessageOrigin origin)
    {
        if (_count == _messages.Length)
        {
            Grow();
        }

        var index = Index(_count++);
        _messages[index] = message;
        SetOrigin(index, origin);
    }

    /// <summary>Puts a message in the place of the newest, or at the end while the oldest gives way.</summary>
    /// <returns>The message that gave way.</returns>
    private T Replace(T message, in MessageOrigin origin)
    {
        _evicted++;
        if (_count == 0)
        {
            return message; // All that wait are out of reach: they have their lanes already.
        }

        var evicted = _messages[_evictsOldest ? _first : Index(_count - 1)];
        var index = _evictsOldest ? Index(_count) : Index(_count - 1);
        if (_evictsOldest)
        {
            // A full array has the end where the beginning was; one that is not, since messages were pulled, leaves a place behind.
            if (index != _first)
            {
                _messages[_first] = default!;
            }

            _first = Index(1);
        }

        _messages[index] = message;
        SetOrigin(index, origin);
        return evicted;
    }

    private void SetOrigin(int index, in MessageOrigin origin)
    {
        if (_origins is not null)
        {
            _origins[index] = origin;
        }
        else if (!origin.IsEmpty)
        {
            _origins = new MessageOrigin[_messages.Length];
            _origins[index] = origin;
        }
    }

    private void Grow()
    {
        var length = (int)Math.Min(Capacity, _messages.Length * 4L);
        _messages = Unrolled(_messages, length);
        _origins = _origins is null ? null : Unrolled(_origins, length);
        _first = 0;
    }

    private TItem[] Unrolled<TItem>(TItem[] items, int length)
    {
        var larger = new TItem[length];
        items.AsSpan(_first).CopyTo(larger);
        items.AsSpan(0, _first).CopyTo(larger.AsSpan(items.Length - _first));
        return larger;
    }
}
