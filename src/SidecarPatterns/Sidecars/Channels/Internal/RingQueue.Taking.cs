using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>The side of the ring where the one dispatcher takes, and sleeps while there is nothing.</summary>
internal sealed partial class RingQueue<T>
{
    private long _next;
    private RingSegment<T> _takeSegment;
    private long _lastPublishedAt;
    private object? _lastFrom;
    private readonly TakeSignal _signal = new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public override bool TryTake([MaybeNullWhen(false)] out T message)
    {
        if (!TryEmptyPlace(out message))
        {
            return false;
        }

        Volatile.Write(ref _head.Value, _next);
        if (Volatile.Read(ref _hasWaiting) != 0)
        {
            ServeNowAndThen();
        }

        return true;
    }

    public override bool TryPull([MaybeNullWhen(false)] out T message) => TryEmptyPlace(out message);

    public override void Release()
    {
        // The head lags behind what was pulled: publishers go by it alone, so that a slot is free before it is theirs.
        Volatile.Write(ref _head.Value, _head.Value + 1);
        if (Volatile.Read(ref _hasWaiting) != 0)
        {
            ServeNowAndThen();
        }
    }

    /// <summary>Takes the next message out of its place, and steps over that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryEmptyPlace([MaybeNullWhen(false)] out T message)
    {
        var position = _next;
        ref var slot = ref _takeSegment.At(position);
        if (Volatile.Read(ref slot.Sequence) != position + 1)
        {
            if (!FindNext())
            {
                message = default;
                return false;
            }

            position = _next;
            slot = ref _takeSegment.At(position);
        }

        message = slot.Message;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            slot.Message = default!;
        }

        if (_takeSegment.HasOrigins)
        {
            NoteOrigin(_takeSegment.TakeOrigin(position));
        }

        _next = position + 1;
        return true;
    }

    public override long PullOrdinal => _next;

    public override long TakeOrdinal => Volatile.Read(ref _head.Value);

    // The one before the next, but for places that were void: then an earlier one, and nothing lies between.
    public override long LastOrdinal => TakeOrdinal - 1;

    public override long EndOrdinal => Volatile.Read(ref _tail.Word) >> PositionShift;

    public override MessageOrigin LastOrigin => new(_lastPublishedAt, _lastFrom);

    public override bool HasNext
    {
        get
        {
            var position = _next;
            return Volatile.Read(ref _takeSegment.At(position).Sequence) == position + 1 ||
                Volatile.Read(ref _tail.Word) >> PositionShift != position;
        }
    }

    // Field by field, as it is read again: a read of both would have to wait until both writes are through.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteOrigin(in MessageOrigin origin)
    {
        _lastPublishedAt = origin.PublishedAt;
        if (origin.From != _lastFrom)
        {
            _lastFrom = origin.From;
        }
    }

    /// <summary>Moves on to the next message: into a larger segment, over void places, past a publisher that is just putting one there.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool FindNext()
    {
        var spinner = default(SpinWait);
        while (true)
        {
            var position = _next;
            if (_takeSegment.Next is { } larger && position >= larger.Start)
            {
                _takeSegment = larger;
                NoteOrigin(default); // As long as no message here has an origin, no take looks for one.
                continue;
            }

            var sequence = Volatile.Read(ref _takeSegment.At(position).Sequence);
            if (sequence == position + 1)
            {
                return true;
            }

            if (sequence == -(position + 1))
            {
                SkipVoid(position);
            }
            else if (Volatile.Read(ref _tail.Word) >> PositionShift == position)
            {
                return false;
            }
            else
            {
                // A publisher has the place and was interrupted before it put the message there.
                spinner.SpinOnce(sleep1Threshold: -1);
            }
        }
    }

    private void SkipVoid(long position)
    {
        lock (_lock) // So that nobody reads one of the two counts without the other.
        {
            _skipped++;
            _next = position + 1;
            Volatile.Write(ref _head.Value, _head.Value + 1);
        }
    }

    public override ValueTask<bool> WaitToTakeAsync()
    {
        var spinner = default(SpinWait);
        while (true)
        {
            if (FindNext())
            {
                return new ValueTask<bool>(true);
            }

            if (Volatile.Read(ref _hasWaiting) != 0)
            {
                Serve();
            }

            // Looked at only after serving: those who waited may have filled the ring again.
            var tail = Volatile.Read(ref _tail.Word);
            if (tail >> PositionShift != _next)
            {
                continue;
            }

            if ((tail & Closed) != 0)
            {
                return new ValueTask<bool>(false);
            }

            if ((tail & Gated) != 0)
            {
                if (_head.Value != _next && TrySleepGated())
                {
                    return _signal.Wait();
                }

                spinner.SpinOnce(sleep1Threshold: -1); // Somebody is at the lock for a moment.
                continue;
            }

            _signal.Prepare();
            if (Interlocked.CompareExchange(ref _tail.Word, tail | Sleeping, tail) == tail)
            {
                if (Volatile.Read(ref _hasWaiting) != 0)
                {
                    Serve(); // Those who only ask do not move the tail: the exchange did not see them come.
                }

                return _signal.Wait();
            }
        }
    }

    /// <summary>
    /// Everything has been pulled, but is not released: publishers wait for room while the dispatcher waits for a message. Whoever
    /// releases serves them, and that wakes it.
    /// </summary>
    private bool TrySleepGated()
    {
        lock (_lock)
        {
            var tail = Volatile.Read(ref _tail.Word);
            if (OfferingCount == 0 || (tail & Closed) != 0 || tail >> PositionShift != _next)
            {
                return false;
            }

            _signal.Prepare();
            Volatile.Write(ref _tail.Word, tail | Sleeping);
            return true;
        }
    }

    public override void Wake()
    {
        bool wake;
        lock (_lock) // Who holds it writes the tail as it was when he came.
        {
            wake = (Interlocked.And(ref _tail.Word, ~Sleeping) & Sleeping) != 0;
        }

        if (wake)
        {
            _signal.Set();
        }
    }
}
