using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace SidecarPatterns;

/// <summary>The intake that keeps the order of each key: a message waits while another one of its key is with a lane, or waits for a retry.</summary>
/// <remarks>
/// Messages that must wait for their key are held here, but still count as queued: room for publishers is made only when a lane begins with
/// one. A key is known only while a message of it is here, and a little longer, so memory is bounded by what is queued. Keys that have become
/// free are served in the order in which they did, before anything further is pulled out of the queue: none starves another.
/// </remarks>
internal sealed class KeyedIntake<T, TKey>(MessageQueue<T> queue, Func<T, TKey> keyOf, TimeProvider timeProvider)
    : MessageIntake<T>(queue)
    where TKey : notnull
{
    private readonly Dictionary<TKey, KeyLane> _keys = [];
    private readonly Queue<KeyLane> _ready = new();
    private readonly LinkedList<Held> _parked = new();

    // Keys without a message, oldest first: the next message of one finds it here. No more than the lanes can have had lately.
    private readonly Queue<KeyLane> _idle = new();
    private Held? _spare;
    private int _heldCount;
    private int _busyKeys;
    private List<(T Message, Exception Failure)>? _failed;
    private LazyCancellation _hurry;
    private long _parkedOrDue;

    private int MaxIdle => 2 * AllLanes.Length;

    public override long ParkedCount => Interlocked.Read(ref _parkedOrDue);

    public override int HeldCount
    {
        get
        {
            using (Gate.Enter())
            {
                return _heldCount;
            }
        }
    }

    public override int KnownKeys
    {
        get
        {
            using (Gate.Enter())
            {
                return _keys.Count;
            }
        }
    }

    public override bool Parks => true;

    public override bool HasNext => _ready.Count > 0 || Queue.HasNext;

    protected override bool IsOverLocked => base.IsOverLocked && _busyKeys == 0;

    public override bool TryPark(LaneSource<T> lane, T message, int attempts, TimeSpan delay)
    {
        Held held;
        using (Gate.Enter())
        {
            if (_hurry.IsCancellationRequested || lane.Key is not KeyLane key)
            {
                return false; // The drain has begun, and the lane itself makes the last attempt.
            }

            held = NewHeld(key, message, lane.Origin, lane.Ordinal, attempts);
            held.Node = _parked.AddLast(held);
            _parkedOrDue++;
            lane.Key = null; // The lane goes on, the key does not.
            lane.Ordinal = LaneSource<T>.NoOrdinal;
        }

        _ = Unflowed.Run(state => state.intake.WakeWhenDueAsync(state.held, state.delay), (intake: this, held, delay));
        return true;
    }

    public override void StopParking() => _hurry.Cancel();

    public override void Reopen() => _hurry = default;

    public override void SettleHeld(Action<MessageSource<T>, T, int, DeadLetter?> settle)
    {
        using (Gate.Enter())
        {
            foreach (var held in _parked)
            {
                settle(Queue, held.Message, held.Attempts, held.Origin.Letter);
            }

            foreach (var key in _keys.Values)
            {
                for (var held = key.First; held is not null; held = held.Next)
                {
                    if (held.Attempts == 0)
                    {
                        Queue.Release(held.Size);
                    }

                    settle(Queue, held.Message, held.Attempts, held.Origin.Letter);
                }
            }

            foreach (var lane in AllLanes)
            {
                lane.Key = null;
            }

            _parked.Clear();
            _parkedOrDue = 0;
            _heldCount = 0;
            _busyKeys = 0;
            _keys.Clear();
            _ready.Clear();
            _idle.Clear();
        }
    }

    protected override bool IsSettledUpToLocked(long mark)
    {
        foreach (var key in _keys.Values)
        {
            for (var held = key.First; held is not null; held = held.Next)
            {
                if (held.Ordinal < mark)
                {
                    return false;
                }
            }
        }

        return _parked.All(held => held.Ordinal >= mark);
    }

    protected override void ReleaseLocked(LaneSource<T> lane)
    {
        if (lane.Key is KeyLane key)
        {
            lane.Key = null;
            Free(key);
        }
    }

    protected override bool TryTakeLocked(LaneSource<T> lane, [MaybeNullWhen(false)] out T message)
    {
        if (_ready.TryDequeue(out var ready))
        {
            var held = ready.TakeFirst();
            _heldCount--;
            if (held.Attempts == 0)
            {
                Queue.Release(held.Size);
            }
            else
            {
                _parkedOrDue--;
            }

            Give(lane, ready, held.Origin, held.Ordinal, held.Attempts);
            message = held.Message;
            Recycle(held);
            return true;
        }

        var ordinal = Queue.PullOrdinal;
        while (Queue.TryPull(out message))
        {
            var origin = Queue.LastOrigin;
            if (!TryGetKey(message, out var key))
            {
                ordinal = Queue.PullOrdinal;
                continue;
            }

            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_keys, key, out _);
            known ??= new KeyLane(key);
            if (!known.IsBusy)
            {
                known.IsBusy = true;
                _busyKeys++;
                Queue.Release();
                Give(lane, known, origin, ordinal, attempts: 0);
                return true;
            }

            var waiting = NewHeld(known, message, origin, ordinal, attempts: 0);
            waiting.Size = Queue.LastSize;
            known.AddLast(waiting);
            _heldCount++;
            ordinal = Queue.PullOrdinal;
        }

        return false;
    }

    private static void Give(LaneSource<T> lane, KeyLane? key, MessageOrigin origin, long ordinal, int attempts)
    {
        lane.Key = key;
        lane.Origin = origin;
        lane.Ordinal = ordinal;
        lane.Attempts = attempts;
    }

    /// <summary>Asks the user's delegate for the key of a message. If it fails, so does the message.</summary>
    private bool TryGetKey(T message, [MaybeNullWhen(false)] out TKey key)
    {
        Exception failure;
        try
        {
            key = keyOf(message);
            if (key is not null)
            {
                return true;
            }

            failure = new InvalidOperationException("PartitionBy returned null for a message; a key is never null.");
        }
#pragma warning disable CA1031 // The user's own code: it fails the message, never the loop.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception;
        }

        key = default;
        Queue.Release();
        (_failed ??= []).Add((message, failure));
        return false;
    }

    protected override void OnTaken(LaneSource<T> lane)
    {
        if (Volatile.Read(ref _failed) is null)
        {
            return;
        }

        List<(T, Exception)> failed;
        using (Gate.Enter())
        {
            (failed, _failed) = (_failed ?? [], null);
        }

        var ordinal = lane.Ordinal;
        foreach (var (message, failure) in failed)
        {
            OnFailed?.Invoke(lane, message, failure); // It logs: not under the gate.
        }

        lane.Ordinal = ordinal; // What was settled was not the lane's own message.
    }

    private void Free(KeyLane key)
    {
        if (key.First is not null)
        {
            _ready.Enqueue(key);
            return;
        }

        key.IsBusy = false;
        _busyKeys--;
        if (!key.IsListed)
        {
            key.IsListed = true;
            _idle.Enqueue(key);
        }

        while (_idle.Count > MaxIdle)
        {
            var oldest = _idle.Dequeue();
            oldest.IsListed = false;
            if (!oldest.IsBusy)
            {
                _keys.Remove(oldest.Key);
            }
        }
    }

    private async Task WakeWhenDueAsync(Held held, TimeSpan delay)
    {
        await Task.Delay(delay, timeProvider, _hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using (Gate.Enter())
        {
            if (held.Node?.List is null)
            {
                return; // It was settled meanwhile.
            }

            _parked.Remove(held.Node);
            held.Key.AddFirst(held);
            _heldCount++;
            _ready.Enqueue(held.Key);
        }

        WakeOne();
    }

    private Held NewHeld(KeyLane key, T message, MessageOrigin origin, long ordinal, int attempts)
    {
        var held = _spare ?? new Held();
        _spare = held.Next;
        held.Next = null;
        held.Key = key;
        held.Message = message;
        held.Origin = origin;
        held.Ordinal = ordinal;
        held.Attempts = attempts;
        return held;
    }

    private void Recycle(Held held)
    {
        held.Key = null!;
        held.Message = default!;
        held.Origin = default;
        if (held.Node is null)
        {
            held.Next = _spare;
            _spare = held;
        }
    }

    /// <summary>A key, and its messages that wait: at the least one of them is with a lane or parked while any waits.</summary>
    private sealed class KeyLane(TKey key)
    {
        private Held? _last;

        public TKey Key => key;

        public Held? First { get; private set; }

        /// <summary>Whether a message of the key is with a lane, waits, or is parked.</summary>
        public bool IsBusy { get; set; }

        /// <summary>Whether it is in the list of idle keys, where it stays when it is used again.</summary>
        public bool IsListed { get; set; }

        public void AddFirst(Held held)
        {
            held.Next = First;
            First = held;
            _last ??= held;
        }

        public void AddLast(Held held)
        {
            if (_last is null)
            {
                First = held;
            }
            else
            {
                _last.Next = held;
            }

            _last = held;
        }

        public Held TakeFirst()
        {
            var held = First!;
            First = held.Next;
            held.Next = null;
            if (First is null)
            {
                _last = null;
            }

            return held;
        }
    }

    /// <summary>A message that waits here; used again once it has been given to a lane, unless it was parked.</summary>
    private sealed class Held
    {
        public KeyLane Key { get; set; } = null!;

        public T Message { get; set; } = default!;

        public MessageOrigin Origin { get; set; }

        public long Ordinal { get; set; }

        public int Attempts { get; set; }

        /// <summary>Its bytes, which count in the queue until it is given to a lane for the first time.</summary>
        public long Size { get; set; }

        /// <summary>The next message of its key, or the next that is not used.</summary>
        public Held? Next { get; set; }

        /// <summary>Its place among the parked ones.</summary>
        public LinkedListNode<Held>? Node { get; set; }
    }
}
