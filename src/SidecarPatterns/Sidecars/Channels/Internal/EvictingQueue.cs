using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>
/// The queue that makes room: full, it evicts its oldest or its newest message for the one that is offered. Publishers take too here, so
/// both sides go by one lock; nobody ever waits for room.
/// </summary>
internal sealed class EvictingQueue<T> : MessageQueue<T>
{
    private const int FirstLength = 16;

    private readonly bool _evictsOldest;
    private readonly DropCallback<T> _dropped;
    private readonly TakeSignal _signal = new();
    private readonly Lock _lock = new();

    // All guarded by the lock.
    private Entry[] _entries;
    private int _first;
    private int _count;
    private long _accepted;
    private long _evicted;
    private long _taken;
    private MessageOrigin _lastOrigin;
    private bool _sleeping;
    private bool _closed;
    private Exception? _cause;

    /// <param name="capacity">How many messages can wait.</param>
    /// <param name="mode"><c>DropOldest</c> or <c>DropNewest</c>.</param>
    /// <param name="dropped">Told of each evicted message on the publisher's thread, outside the lock.</param>
    public EvictingQueue(int capacity, BoundedChannelFullMode mode, DropCallback<T> dropped)
        : base(capacity)
    {
        _evictsOldest = mode == BoundedChannelFullMode.DropOldest;
        _dropped = dropped;
        _entries = new Entry[Math.Min(capacity, FirstLength)];
    }

    public override Exception? Cause => Volatile.Read(ref _cause);

    public override bool IsClosed => Volatile.Read(ref _closed);

    public override OfferResult TryOffer(T message, in MessageOrigin origin)
    {
        var evicted = default(T);
        bool wake, evicts;
        lock (_lock)
        {
            if (_closed)
            {
                return OfferResult.Closed;
            }

            evicts = _count == Capacity;
            if (evicts)
            {
                evicted = Evict();
            }
            else if (_count == _entries.Length)
            {
                Grow();
            }

            _entries[Index(_count++)] = new Entry(message, origin);
            _accepted++;
            wake = _sleeping;
            _sleeping = false;
        }

        if (wake)
        {
            _signal.Set();
        }

        if (evicts)
        {
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

        if (TryOffer(message, origin) == OfferResult.Accepted)
        {
            return default;
        }

        Refusals.Reject(ClosedReason);
        return ValueTask.FromException(Cause is { } cause ? new ChannelClosedException(cause) : new ChannelClosedException());
    }

    public override ValueTask<bool> WaitToOfferAsync(CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(ct);
        }

        lock (_lock)
        {
            return !_closed ? new ValueTask<bool>(true)
                : _cause is null ? new ValueTask<bool>(false)
                : ValueTask.FromException<bool>(_cause);
        }
    }

    public override bool IsFull => false;

    public override OfferResult TryReserve(out Reservation<T> reservation) =>
        throw new NotSupportedException("A queue that evicts always has room: nothing needs to be reserved in it.");

    public override bool TryTake([MaybeNullWhen(false)] out T message)
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                message = default;
                return false;
            }

            ref var entry = ref _entries[_first];
            message = entry.Message;
            _lastOrigin = entry.Origin;
            entry = default;
            _first = Index(1);
            _count--;
            _taken++;
            return true;
        }
    }

    public override MessageOrigin LastOrigin => _lastOrigin;

    public override bool HasNext => Volatile.Read(ref _count) > 0;

    public override void ServeWaitingPublishers()
    {
        // Nobody waits for room here.
    }

    public override ValueTask<bool> WaitToTakeAsync()
    {
        lock (_lock)
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

    public override bool Close(Exception? cause)
    {
        bool wake;
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            _closed = true;
            Volatile.Write(ref _cause, cause);
            wake = _sleeping;
            _sleeping = false;
        }

        if (wake)
        {
            _signal.Set();
        }

        return true;
    }

    public override QueuePosition ReadPosition()
    {
        lock (_lock)
        {
            return new QueuePosition(_accepted, _evicted, _taken);
        }
    }

    private int Index(int offset)
    {
        var index = _first + offset;
        return index < _entries.Length ? index : index - _entries.Length;
    }

    private T Evict()
    {
        ref var entry = ref _entries[_evictsOldest ? _first : Index(_count - 1)];
        var message = entry.Message;
        entry = default;
        if (_evictsOldest)
        {
            _first = Index(1);
        }

        _count--;
        _evicted++;
        return message;
    }

    private void Grow()
    {
        var larger = new Entry[(int)Math.Min(Capacity, _entries.Length * 4L)];
        for (var i = 0; i < _count; i++)
        {
            larger[i] = _entries[Index(i)];
        }

        _entries = larger;
        _first = 0;
    }

    private readonly struct Entry(T message, MessageOrigin origin)
    {
        public T Message { get; } = message;

        public MessageOrigin Origin { get; } = origin;
    }
}
