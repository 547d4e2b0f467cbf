using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>
/// Makes batches out of a queue for the one lane that takes them. A batch that is being formed outlives incarnations; its messages count as queued
/// until it is handed over.
/// </summary>
/// <remarks>How it looks at intervals, instead of being woken, is in <c>BatchSource.Looking.cs</c>.</remarks>
internal sealed partial class BatchSource<T>(BatchWorker<T> worker, MessageQueue<T> queue) : MessageSource<Batch<T>>
    where T : notnull
{
    private static readonly TimeSpan Precision = TimeSpan.FromMilliseconds(1); // Of the framework's timers.

    private readonly TimeProvider _timeProvider = worker.Clock;
    private Batch<T> _forming = new();
    private Batch<T>? _spare;
    private Batch<T>? _current;
    private ITimer? _timer;
    private bool _isDue;

    public override MessageOrigin LastOrigin => default; // Each message of a batch has its own.

    public override long LastOrdinal => 0; // Whoever flushes goes by the oldest one.

    public override int LastCount => _current?.Count ?? 0;

    public override bool HasNext => queue.HasNext || Volatile.Read(ref _isDue);

    /// <summary>Where in the queue the oldest message was that is out of it and not settled; the lane's own, and whoever flushes.</summary>
    /// <remarks>The batch that is formed comes first: it is the lane's before it is another one. The queue alone does not tell, which counts
    /// as taken what left it from behind that batch.</remarks>
    public long OldestOrdinal => Math.Min(Volatile.Read(ref _forming).FirstOrdinal, Volatile.Read(ref _current)?.FirstOrdinal ?? long.MaxValue);

    public override bool TryTake([MaybeNullWhen(false)] out Batch<T> message)
    {
        if (worker.Options.BatchInterval is not null && IsLookOver())
        {
            message = null;
            return false;
        }

        Fill();
        if (_forming.Count == 0 || !IsReady())
        {
            message = null;
            return false;
        }

        Fill(); // What was published before the batch became due goes with it.
        message = _current = _forming;
        Volatile.Write(ref _forming, _spare ?? new Batch<T>());
        _spare = null;
        _isDue = false;
        _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Release(message);
        _hasTaken = true;
        return true;
    }

    public override ValueTask<bool> WaitToTakeAsync()
    {
        if (worker.Options.BatchInterval is { } interval)
        {
            return WaitToLookAsync(interval);
        }

        if (_forming.Count == 0)
        {
            return queue.WaitToTakeAsync();
        }

        if (queue.IsClosed && !queue.HasNext)
        {
            return new ValueTask<bool>(true);
        }

        var wait = queue.WaitToTakeAsync();
        if (!wait.IsCompleted && (Volatile.Read(ref _isDue) || worker.Watch.IsObserved || queue.IsHeldUp))
        {
            queue.Wake(); // The timer fired, somebody flushed, or found no room, before there was anybody to be woken.
        }

        return wait;
    }

    public override void ServeWaitingPublishers() => queue.ServeWaitingPublishers();

    public override void Wake()
    {
        Nap.Wake();
        queue.Wake();
    }

    /// <summary>Another batch takes the place of the lane's.</summary>
    public void GoOnWith(Batch<T> batch) => _current = batch;

    /// <summary>The lane is done with its batch, and it may be used again.</summary>
    public void Recycle(Batch<T> batch)
    {
        batch.Clear();
        _spare = batch;
        _current = null;
    }

    /// <summary>Ends a lane's call in order: what is not marked as failed is handled.</summary>
    public override void Settle(Settlement settlement)
    {
        var batch = _current!;
        worker.SettleMarks(batch, keepsUnmarked: false);
        Recycle(batch);
    }

    /// <summary>Takes out the batch that is being formed, at the end.</summary>
    public Batch<T> TakeForming()
    {
        Fill();
        var batch = _forming;
        _forming = new Batch<T>();
        Release(batch);
        return batch;
    }

    private void Release(Batch<T> batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            queue.Release(i == 0 ? batch.Size : 0); // They leave together: whose bytes go with which is all the same.
        }
    }

    /// <summary>Pulls messages until the batch is full.</summary>
    private void Fill()
    {
        while (_forming.Count < worker.Options.BatchSize)
        {
            var ordinal = queue.PullOrdinal;
            if (!queue.TryPull(out var message))
            {
                return;
            }

            var origin = queue.LastOrigin;
            if (worker.IsExpired(origin))
            {
                queue.Release();
                worker.SettleExpired(message, origin);
                continue;
            }

            _forming.Add(message, origin, ordinal, queue.LastSize);
            if (_forming.Count == 1 && worker.Options.BatchInterval is null)
            {
                ArmTimer(origin);
            }
        }
    }

    private bool IsReady() => _forming.Count >= worker.Options.BatchSize || Volatile.Read(ref _isDue) || worker.Watch.IsObserved ||
        (queue.IsClosed && !queue.HasNext) || queue.IsHeldUp || worker.Options.BatchInterval is not null;

    private void ArmTimer(in MessageOrigin origin)
    {
        TimeSpan left;
        do
        {
            left = TimeLeft(origin);
            _isDue = left <= TimeSpan.Zero;
            if (_isDue)
            {
                return;
            }

            _timer ??= Unflowed.Run(
                static self => self._timeProvider.CreateTimer(
                    static source => ((BatchSource<T>)source!).OnDue(), self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan),
                this);
            _timer.Change(left, Timeout.InfiniteTimeSpan);
        }
        while (left - TimeLeft(origin) >= Precision); // It counts from now on, whatever has passed since the look at the clock.
    }

    private TimeSpan TimeLeft(in MessageOrigin origin) =>
        worker.Options.BatchDelay - (origin.PublishedAt == 0 ? TimeSpan.Zero : _timeProvider.GetElapsedTime(origin.PublishedAt));

    // May come late, for the batch before: then the next one is handed over early.
    private void OnDue()
    {
        Volatile.Write(ref _isDue, true);
        Interlocked.MemoryBarrier();
        queue.Wake();
    }
}
