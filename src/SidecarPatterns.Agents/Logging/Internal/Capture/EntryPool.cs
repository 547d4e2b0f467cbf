using System.Collections.Concurrent;

namespace SidecarPatterns;

/// <summary>
/// Entries of one type, to be used again. Callers rent on their threads and sinks return on theirs, so entries go back in chains of some dozens: one operation
/// between threads for each chain, and no thread keeps more than a chain.
/// </summary>
/// <remarks>Nothing is made ahead, and no more is kept than can wait in a queue.</remarks>
internal static class EntryPool<TEntry>
    where TEntry : LogEntry, IChained<TEntry>, new()
{
    private const int ChainLength = 64;

    private static readonly ConcurrentStack<TEntry> Chains = new(); // The last one is the one that the processor remembers best.

    [ThreadStatic]
    private static TEntry? _rented; // What is left of the chain that this thread took.

    [ThreadStatic]
    private static TEntry? _returned;

    [ThreadStatic]
    private static int _returnedCount;

    public static TEntry Rent()
    {
        var entry = _rented ?? TakeChain();
        if (entry is null)
        {
            return new TEntry();
        }

        _rented = entry.Next;
        entry.Next = null;
        return entry;
    }

    /// <summary>The entry that this thread rents next, if it has one already.</summary>
    public static TEntry? Next => _rented;

    public static void Return(TEntry entry)
    {
        entry.Next = _returned;
        _returned = entry;
        if (++_returnedCount == ChainLength)
        {
            GiveChain();
        }
    }

    private static TEntry? TakeChain()
    {
        if (!Chains.TryPop(out var chain))
        {
            return null;
        }

        EntryPools.CountTaken();
        return chain;
    }

    private static void GiveChain()
    {
        if (EntryPools.MayKeep())
        {
            Chains.Push(_returned!);
        }

        _returned = null;
        _returnedCount = 0;
    }
}
