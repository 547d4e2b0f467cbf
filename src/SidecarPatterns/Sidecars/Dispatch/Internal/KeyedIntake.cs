using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>The intake that keeps the order of each key: a message waits while another one of its key is with a lane, or waits for a retry.</summary>
/// <remarks>
/// Messages that must wait for their key are held here, but still count as queued: room for publishers is made only when a lane begins with
/// one. A key is known only while a message of it is here, so memory is bounded by what is queued. Keys that have become free are
/// served in the order in which they did, before anything further is pulled out of the queue: none starves another.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Its token source has no timer and no link.")]
internal sealed class KeyedIntake<T, TKey>(MessageQueue<T> queue, int lanes, Func<T, TKey> keyOf, TimeProvider timeProvider)
    : MessageIntake<T>(queue, lanes)
    where TKey : notnull
{
    private readonly Dictionary<TKey, KeyLane> _keys = [];
    private readonly Queue<KeyLane> _ready = new();
    private readonly LinkedList<Held> _parked = new();
    private CancellationTokenSource _hurry = new();
    private long _parkedOrDue;

    public override long ParkedCount => Interlocked.Read(ref _parkedOrDue);

    public override int HeldCount
    {
        get
        {
            lock (Gate)
            {
                return _keys.Values.Sum(static key => key.Waiting.Count);
            }
        }
    }

    public override int KnownKeys
    {
        get
        {
            lock (Gate)
            {
                return _keys.Count;
            }
        }
    }

    public override bool Parks => true;

    public override bool HasNext => _ready.Count > 0 || Queue.HasNext;

    protected override bool HasNextLocked => HasNext;

    protected override bool IsOverLocked => base.IsOverLocked && _keys.Count == 0;

    public override bool TryPark(LaneSource<T> lane, T message, int attempts, TimeSpan delay)
    {
        Held held;
        lock (Gate)
        {
            if (_hurry.IsCancellationRequested || lane.Key is not KeyLane key)
            {
                return false; // The drain has begun, and the lane itself makes the last attempt.
            }

            held = new Held(key, message, lane.Origin, lane.Ordinal) { Attempts = attempts };
            held.Node = _parked.AddLast(held);
            _parkedOrDue++;
            lane.Key = null; // The lane goes on, the key does not.
            lane.Ordinal = LaneSource<T>.NoOrdinal;
        }

        _ = Unflowed.Run(state => state.intake.WakeWhenDueAsync(state.held, state.delay), (intake: this, held, delay));
        return true;
    }

    public override void StopParking() => _ = _hurry.CancelAsync();

    public override void Reopen() => _hurry = new CancellationTokenSource();

    public override void SettleHeld(Action<MessageSource<T>, T, int, DeadLetter?> settle)
    {
        lock (Gate)
        {
            foreach (var held in _parked)
            {
                settle(AllLanes[0], held.Message, held.Attempts, held.Origin.Letter);
            }

            foreach (var held in _keys.Values.SelectMany(static key => key.Waiting))
            {
                if (held.Attempts == 0)
                {
                    Queue.Release();
                }

                settle(AllLanes[0], held.Message, held.Attempts, held.Origin.Letter);
            }

            foreach (var lane in AllLanes)
            {
                lane.Key = null;
            }

            _parked.Clear();
            _parkedOrDue = 0;
            _keys.Clear();
            _ready.Clear();
        }
    }

    protected override bool IsSettledUpToLocked(long mark) =>
        _parked.All(held => held.Ordinal >= mark) && _keys.Values.All(key => key.Waiting.All(held => held.Ordinal >= mark));

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
            var held = ready.Waiting.First!.Value;
            ready.Waiting.RemoveFirst();
            if (held.Attempts == 0)
            {
                Queue.Release();
            }
            else
            {
                _parkedOrDue--;
            }

            Give(lane, ready, held.Origin, held.Ordinal, held.Attempts);
            message = held.Message;
            return true;
        }

        var ordinal = Queue.PullOrdinal;
        while (Queue.TryPull(out message))
        {
            var origin = Queue.LastOrigin;
            if (!TryGetKey(lane, message, origin, out var key))
            {
                ordinal = Queue.PullOrdinal;
                continue;
            }

            if (!_keys.TryGetValue(key, out var known))
            {
                known = new KeyLane(key);
                _keys.Add(key, known);
                Queue.Release();
                Give(lane, known, origin, ordinal, attempts: 0);
                return true;
            }

            known.Waiting.AddLast(new Held(known, message, origin, ordinal));
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
    private bool TryGetKey(LaneSource<T> lane, T message, MessageOrigin origin, [MaybeNullWhen(false)] out TKey key)
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
        Give(lane, key: null, origin, LaneSource<T>.NoOrdinal, attempts: 0);
        OnFailed?.Invoke(lane, message, failure);
        return false;
    }

    private void Free(KeyLane key)
    {
        if (key.Waiting.Count > 0)
        {
            _ready.Enqueue(key);
        }
        else
        {
            _keys.Remove(key.Key);
        }
    }

    private async Task WakeWhenDueAsync(Held held, TimeSpan delay)
    {
        await Task.Delay(delay, timeProvider, _hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (Gate)
        {
            if (held.Node.List is null)
            {
                return; // It was settled meanwhile.
            }

            _parked.Remove(held.Node);
            held.Key.Waiting.AddFirst(held);
            _ready.Enqueue(held.Key);
        }

        WakeOne();
    }

    private sealed class KeyLane(TKey key)
    {
        public TKey Key => key;

        public LinkedList<Held> Waiting { get; } = new();
    }

    private sealed class Held(KeyLane key, T message, MessageOrigin origin, long ordinal)
    {
        public KeyLane Key => key;

        public T Message => message;

        public MessageOrigin Origin => origin;

        public long Ordinal => ordinal;

        public int Attempts { get; init; }

        public LinkedListNode<Held> Node { get; set; } = null!;
    }
}
