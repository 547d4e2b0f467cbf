using System.Collections;

namespace SidecarPatterns;

/// <summary>The messages of a batch, and which of them their handler has settled by itself.</summary>
internal sealed class Batch<T> : IReadOnlyList<T>, IBatchMarks, IMessageOrigins
{
    private readonly List<Place> _places = [];
    private long _firstOrdinal = long.MaxValue;

    public int Count => _places.Count;

    public T this[int index] => _places[index].Message;

    /// <summary>
    /// Where in the queue the first of its messages was that are not settled; <see cref="long.MaxValue"/> while it is empty. Any thread.
    /// </summary>
    public long FirstOrdinal
    {
        get => Volatile.Read(ref _firstOrdinal);
        private set => Volatile.Write(ref _firstOrdinal, value);
    }

    /// <summary>The bytes of its messages, where they have sizes.</summary>
    public long Size { get; private set; }

    /// <summary>Which attempt at it is under way.</summary>
    public int Attempt { get; set; }

    public void Add(T message, MessageOrigin origin, long ordinal, long size = 0)
    {
        Size += size;
        if (_places.Count == 0)
        {
            FirstOrdinal = ordinal;
        }

        _places.Add(new Place { Message = message, Origin = origin, Ordinal = ordinal });
    }

    /// <summary>What the batch is now: a handler that was given up on may go on marking it, but not its copy.</summary>
    public Batch<T> Copy()
    {
        var copy = new Batch<T> { FirstOrdinal = FirstOrdinal, Attempt = Attempt };
        copy._places.AddRange(_places);
        copy.HasMarks = copy._places.Exists(static place => place.IsHandled || place.Failure is not null);
        return copy;
    }

    /// <summary>Whether the handler has said anything of single messages.</summary>
    public bool HasMarks { get; private set; }

    public void Clear()
    {
        _places.Clear();
        FirstOrdinal = long.MaxValue;
        HasMarks = false;
        Size = 0;
    }

    public MessageOrigin OriginOf(int index) => _places[index].Origin;

    public bool IsHandled(int index) => _places[index].IsHandled;

    public Exception? FailureOf(int index) => _places[index].Failure;

    public void MarkHandled(int index) => Mark(index, failure: null);

    public void MarkFailed(int index, Exception failure) => Mark(index, failure);

    /// <summary>Leaves only the messages that a condition holds for.</summary>
    public void Keep(Func<int, bool> keep)
    {
        var kept = 0;
        for (var i = 0; i < _places.Count; i++)
        {
            if (keep(i))
            {
                _places[kept++] = _places[i];
            }
        }

        _places.RemoveRange(kept, _places.Count - kept);
        if (kept > 0)
        {
            FirstOrdinal = _places[0].Ordinal;
        }
    }

    public IEnumerator<T> GetEnumerator() => _places.Select(static place => place.Message).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Mark(int index, Exception? failure)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _places.Count);
        HasMarks = true;
        _places[index] = _places[index] with { IsHandled = failure is null, Failure = failure };
    }

    private record struct Place
    {
        public T Message { get; init; }

        public MessageOrigin Origin { get; init; }

        public long Ordinal { get; init; }

        public bool IsHandled { get; init; }

        public Exception? Failure { get; init; }
    }
}
