namespace SidecarPatterns;

/// <summary>Remembers the last dead letters of a sidecar. Thread-safe.</summary>
internal sealed class DeadLetterRing(int capacity)
{
    private readonly Lock _lock = new();
    private Queue<DeadLetter>? _letters; // Made for the first letter: most sidecars never have one.

    public void Add(DeadLetter letter)
    {
        if (capacity == 0)
        {
            return;
        }

        lock (_lock)
        {
            _letters ??= new Queue<DeadLetter>();
            if (_letters.Count == capacity)
            {
                _letters.Dequeue();
            }

            _letters.Enqueue(letter);
        }
    }

    /// <summary>All that are remembered, oldest first.</summary>
    public IReadOnlyList<DeadLetter> ToList()
    {
        lock (_lock)
        {
            return _letters?.ToArray() ?? [];
        }
    }
}
