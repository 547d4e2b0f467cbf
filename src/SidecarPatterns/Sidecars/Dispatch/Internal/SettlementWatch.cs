using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>Those who wait until all that was queued before a place is settled. Thread-safe.</summary>
internal sealed class SettlementWatch(ISettlements settlements)
{
    private List<Flush>? _flushes; // Guarded by itself; made for the first.
    private bool _isObserved;

    /// <summary>Whether somebody waits to be told of settlements.</summary>
    public bool IsObserved => Volatile.Read(ref _isObserved);

    /// <summary>Begins to wait; <see cref="OnSettled"/> is to follow.</summary>
    public Task Add(long mark)
    {
        var flush = new Flush(mark);
        var flushes = _flushes ?? Interlocked.CompareExchange(ref _flushes, [], null) ?? _flushes;
        lock (flushes)
        {
            flushes.Add(flush);
            Volatile.Write(ref _isObserved, true);
        }

        // A lane settles and then looks whether it is observed, with no fence between them: this one stands in for it.
        Interlocked.MemoryBarrierProcessWide();
        return flush.Done.Task;
    }

    /// <summary>Something has been settled: one look, if nobody waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void OnSettled()
    {
        if (IsObserved)
        {
            Look();
        }
    }

    /// <summary>Nothing more will be settled.</summary>
    public void End()
    {
        if (_flushes is { } flushes)
        {
            lock (flushes)
            {
                End(flushes, static _ => true);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Look()
    {
        lock (_flushes!)
        {
            End(_flushes, flush => settlements.AreCompleteUpTo(flush.Mark));
        }
    }

    private void End(List<Flush> flushes, Predicate<Flush> isOver)
    {
        foreach (var flush in flushes.FindAll(isOver))
        {
            flushes.Remove(flush);
            flush.Done.TrySetResult(); // Only queues work: safe under the lock.
        }

        Volatile.Write(ref _isObserved, flushes.Count > 0);
    }

    private sealed class Flush(long mark)
    {
        public long Mark => mark;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
