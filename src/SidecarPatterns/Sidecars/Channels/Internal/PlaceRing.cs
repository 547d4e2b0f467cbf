namespace SidecarPatterns;

/// <summary>The places of a queue that knows the sizes of its messages, in order: a ring that grows with use.</summary>
/// <remarks>Guarded by the queue's lock, but for <see cref="Count"/>. Part of its queue: never copied, and in no read-only field.</remarks>
internal struct PlaceRing<T>(int capacity)
{
    private const int FirstLength = 16;
    private const int Growth = 4;

    private SizedPlace<T>[] _places = new SizedPlace<T>[Math.Min(capacity, FirstLength)];
    private int _first;
    private int _count;

    /// <summary>How many there are; any thread.</summary>
    public readonly int Count => Volatile.Read(in _count);

    /// <summary>A place, counted from the first.</summary>
    public readonly ref SizedPlace<T> this[int offset] => ref _places[Index(offset)];

    public void Append(in SizedPlace<T> place)
    {
        if (_count == _places.Length)
        {
            Grow();
        }

        _places[Index(_count)] = place;
        Volatile.Write(ref _count, _count + 1);
    }

    public void RemoveFirst()
    {
        _places[_first] = default; // Keeps no message alive.
        _first = Index(1);
        Volatile.Write(ref _count, _count - 1);
    }

    public void RemoveLast()
    {
        _places[Index(_count - 1)] = default;
        Volatile.Write(ref _count, _count - 1);
    }

    private readonly int Index(int offset)
    {
        var index = _first + offset;
        return index < _places.Length ? index : index - _places.Length;
    }

    private void Grow()
    {
        var larger = new SizedPlace<T>[(int)Math.Min(capacity, _places.Length * (long)Growth)];
        _places.AsSpan(_first).CopyTo(larger);
        _places.AsSpan(0, _first).CopyTo(larger.AsSpan(_places.Length - _first));
        _places = larger;
        _first = 0;
    }
}
