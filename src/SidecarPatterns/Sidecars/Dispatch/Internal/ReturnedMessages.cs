namespace SidecarPatterns;

/// <summary>What lanes left with attempts to go, for the lanes that come after them. Thread-safe.</summary>
internal sealed class ReturnedMessages<T>
{
    private Queue<ReturnedMessage<T>>? _messages; // Guarded by itself; made when there first is one.

    /// <summary>How many there are; any thread.</summary>
    public int Count => Volatile.Read(ref _messages)?.Count ?? 0;

    public void Add(ReturnedMessage<T> message)
    {
        var messages = _messages ?? Interlocked.CompareExchange(ref _messages, new Queue<ReturnedMessage<T>>(), null) ?? _messages;
        lock (messages)
        {
            messages.Enqueue(message);
        }
    }

    /// <summary>Takes the oldest; from here on it is a lane's as if it had come out of its source.</summary>
    public bool TryTake(MessageSource<T> source, out ReturnedMessage<T> message)
    {
        message = default;
        if (_messages is not { } messages)
        {
            return false;
        }

        lock (messages)
        {
            if (!messages.TryDequeue(out message))
            {
                return false;
            }

            source.Adopt(message);
            return true;
        }
    }

    /// <summary>Whether nothing here, and nothing elsewhere, was queued before a place.</summary>
    public bool AreCompleteUpTo(long mark, Func<long, bool> areOthers)
    {
        if (_messages is not { } messages)
        {
            return areOthers(mark);
        }

        lock (messages) // A message goes from a lane to the next by way of this: meanwhile it stays where it is seen.
        {
            return messages.All(message => message.Ordinal >= mark) && areOthers(mark);
        }
    }
}
