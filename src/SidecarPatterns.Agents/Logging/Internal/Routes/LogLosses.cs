namespace SidecarPatterns;

/// <summary>The lines that one sink's queue had no room for, until they are told of. Thread-safe.</summary>
internal sealed class LogLosses(TimeProvider timeProvider, Action onDue) : IDisposable
{
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private long _count;
    private DateTimeOffset _since;
    private long _total;
    private bool _isDisposed;

    /// <summary>Whether there is something to tell.</summary>
    public bool Any => Volatile.Read(ref _count) != 0;

    /// <summary>All there ever were.</summary>
    public long Total => Volatile.Read(ref _total);

    public void Count()
    {
        lock (_lock)
        {
            _total++;
            if (_count++ == 0)
            {
                _since = timeProvider.GetUtcNow();
                ArmTimer();
            }
        }
    }

    /// <summary>Takes what there is to tell.</summary>
    public bool Take(out long count, out DateTimeOffset since)
    {
        lock (_lock)
        {
            (count, since) = (_count, _since);
            Volatile.Write(ref _count, 0);
            return count != 0;
        }
    }

    /// <summary>It could not be told.</summary>
    public void PutBack(long count, DateTimeOffset since)
    {
        lock (_lock)
        {
            Volatile.Write(ref _count, _count + count);
            _since = since;
            ArmTimer();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer?.Dispose();
        }
    }

    // Where no line comes that could tell of it, the clock does.
    private void ArmTimer()
    {
        if (_isDisposed)
        {
            return;
        }

        _timer ??= Unflowed.Run(
            clock => clock.CreateTimer(static losses => ((LogLosses)losses!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), timeProvider);
        _timer.Change(LogSidecarConstants.LossDelay, Timeout.InfiniteTimeSpan);
    }

    private void OnDue()
    {
        if (Any)
        {
            onDue();
        }
    }
}
