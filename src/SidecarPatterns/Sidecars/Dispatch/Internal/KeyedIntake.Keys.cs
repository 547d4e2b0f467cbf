using System.Runtime.InteropServices;

namespace SidecarPatterns;

/// <summary>What the intake knows of keys, and the messages that wait for theirs.</summary>
internal sealed partial class KeyedIntake<T, TKey>
{
    private readonly Dictionary<TKey, KeyLane> _keys = [];
    private readonly Queue<KeyLane> _ready = new();

    // Keys without a message, oldest first: the next message of one finds it here. No more than the lanes can have had lately.
    private readonly Queue<KeyLane> _idle = new();
    private Held? _spare;
    private KeyLane? _spareKey;
    private int _heldCount;
    private int _busyKeys;

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

    /// <summary>What is known of a key, from now on if need be.</summary>
    private KeyLane Know(TKey key)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_keys, key, out _);
        if (known is null)
        {
            known = _spareKey ?? new KeyLane();
            _spareKey = null;
            known.Key = key;
        }

        return known;
    }

    /// <summary>A message of the key is under way, unless another one is.</summary>
    private bool TryOccupy(KeyLane key)
    {
        if (key.IsBusy)
        {
            return false;
        }

        key.IsBusy = true;
        _busyKeys++;
        return true;
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

        while (_idle.Count > 2 * AllLanes.Length)
        {
            var oldest = _idle.Dequeue();
            oldest.IsListed = false;
            if (!oldest.IsBusy)
            {
                _keys.Remove(oldest.Key);
                oldest.Key = default!;
                _spareKey = oldest;
            }
        }
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
        held.Node = null;
        held.Next = _spare;
        _spare = held;
    }

    /// <summary>A key, and its messages that wait: at the least one of them is with a lane or parked while any waits.</summary>
    private sealed class KeyLane
    {
        private Held? _last;

        /// <summary>The key; another one when it is used again.</summary>
        public TKey Key { get; set; } = default!;

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

    /// <summary>A message that waits here; used again once it has been given to a lane.</summary>
    private sealed class Held
    {
        public KeyLane Key { get; set; } = null!;

        public T Message { get; set; } = default!;

        /// <summary>Its bytes, which count in the queue until it is given to a lane for the first time.</summary>
        public long Size { get; set; }

        public MessageOrigin Origin { get; set; }

        public long Ordinal { get; set; }

        public int Attempts { get; set; }

        /// <summary>The next message of its key, or the next that is not used.</summary>
        public Held? Next { get; set; }

        /// <summary>Its place among the parked ones.</summary>
        public LinkedListNode<Held>? Node { get; set; }
    }
}
