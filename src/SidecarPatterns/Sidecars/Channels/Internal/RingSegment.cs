using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SidecarPatterns;

/// <summary>
/// A run of slots for positions from <see cref="Start"/> on. A ring begins with a small segment and links a larger one each time it
/// is full below its capacity, so that an idle sidecar costs little.
/// </summary>
internal sealed class RingSegment<T>
{
    private readonly Slot[] _slots;
    private readonly int _mask;

    // Made for the first message with an origin; from then on each publisher writes its own over the one before, so that the dispatcher only reads.
    private long[]? _times;
    private object?[]? _froms;

    public RingSegment(int length, long start, int capacity)
    {
        Debug.Assert(BitOperations.IsPow2(length), "the mask needs a power of two");
        _slots = new Slot[length];
        _mask = length - 1;
        Limit = Math.Min(length, capacity);
        Start = start;
    }

    /// <summary>How many messages may wait while this segment is the newest one.</summary>
    public int Limit { get; }

    /// <summary>The first position that belongs here; those below belong to the segment before.</summary>
    public long Start { get; }

    /// <summary>The segment after this one. Written once, with the publishers' side locked; read by the dispatcher.</summary>
    public RingSegment<T>? Next
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    public int Length => _slots.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Slot At(long position) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_slots), (nint)(position & _mask));

    /// <summary>Puts a message in its place and shows it to the dispatcher.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Publish(long position, T message, in MessageOrigin origin)
    {
        if (!origin.IsEmpty || HasOrigins)
        {
            SetOrigin(position, origin);
        }

        ref var slot = ref At(position);
        slot.Message = message;
        Volatile.Write(ref slot.Sequence, position + 1);
    }

    /// <summary>Shows the dispatcher that a place holds nothing.</summary>
    public void PublishVoid(long position) => Volatile.Write(ref At(position).Sequence, -(position + 1));

    /// <summary>Whether any message here came with an origin: only once somebody has listened.</summary>
    public bool HasOrigins => _times is not null;

    /// <summary>The origin of the message in a place; what it comes from is not kept alive there.</summary>
    public MessageOrigin TakeOrigin(long position)
    {
        var index = position & _mask;
        var from = _froms?[index];
        if (from is not null)
        {
            _froms![index] = null;
        }

        return new MessageOrigin(_times![index], from);
    }

    private void SetOrigin(long position, in MessageOrigin origin)
    {
        // The dispatcher sees the arrays because the slot's sequence is written after them, and so does whoever publishes to the place after it.
        var index = position & _mask;
        (Volatile.Read(ref _times) ?? Make(ref _times))[index] = origin.PublishedAt;
        if (origin.From is not null || Volatile.Read(ref _froms) is not null)
        {
            (Volatile.Read(ref _froms) ?? Make(ref _froms))[index] = origin.From;
        }
    }

    private TItem[] Make<TItem>(ref TItem[]? field)
    {
        var made = new TItem[_slots.Length];
        return Interlocked.CompareExchange(ref field, made, null) ?? made;
    }

    /// <summary>One place of the ring.</summary>
    internal struct Slot
    {
        /// <summary>Position + 1 once the message is there; the negative of it for a void place; anything else means not yet.</summary>
        public long Sequence;

        public T Message;
    }
}
