namespace SidecarPatterns;

/// <summary>Remembers the last dead letters of a sidecar. Thread-safe.</summary>
internal sealed class DeadLetterRing(int capacity)
{
    private readonly Queue<DeadLetter> _letters = new();

    public void Add(DeadLetter letter)
    {
        if (capacity == 0)
        {
            return;
        }

        lock (_letters)
        {
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
        lock (_letters)
        {
            return _letters.ToArray();
        }
    }
}
