namespace SidecarPatterns.Benchmarks;

/// <summary>A clock that goes from event to event. Everything happens on the thread that runs it, one thing after the other.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private readonly PriorityQueue<Action, long> _events = new();
    private readonly long _began = TimeSpan.FromDays(100).Ticks;
    private long _now = TimeSpan.FromDays(100).Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public long Now => Volatile.Read(ref _now);

    /// <summary>Since the beginning.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Now - _began);

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(Now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Has something happen at a time since the beginning.</summary>
    public void At(TimeSpan time, Action action) => _events.Enqueue(action, _began + time.Ticks);

    /// <summary>Has something happen after a while.</summary>
    public void After(TimeSpan delay, Action action) => _events.Enqueue(action, Now + Math.Max(0, delay.Ticks));

    public Pending Delay(TimeSpan delay)
    {
        var pending = new Pending();
        After(delay, () => pending.Complete(default));
        return pending;
    }

    /// <summary>Lets everything happen, until nothing is left that could.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Lets the time pass until something happens, and all happen that happens then.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Step()
    {
        if (!_events.TryPeek(out _, out long next))
            return false;

        Volatile.Write(ref _now, Math.Max(Now, next));
        while (_events.TryPeek(out _, out long at) && at <= Now)
            _events.Dequeue()();

        return true;
    }

    private sealed class VirtualTimer(VirtualTime time, Action callback) : ITimer
    {
        private int _generation;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero)
                throw new NotSupportedException("Nobody here needs a timer that repeats.");

            int generation = ++_generation;
            if (dueTime != Timeout.InfiniteTimeSpan)
                time.After(dueTime, () => Fire(generation));

            return true;
        }

        public void Dispose() => Interlocked.Increment(ref _generation);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int generation)
        {
            if (generation == Volatile.Read(ref _generation))
                callback();
        }
    }
}
