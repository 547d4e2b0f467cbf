using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>
/// The short sleep of a dispatcher that looks at intervals: publishers do not wake it, which costs them far more than to publish, unless a quarter of
/// the queue is used or one of them finds no room.
/// </summary>
/// <remarks>The dispatcher begins it; any thread ends it, exactly once.</remarks>
internal sealed class BatchNap<T>(MessageQueue<T> queue, TimeProvider timeProvider)
{
    /// <summary>What the queue's word says while there is no nap.</summary>
    public const long Awake = long.MaxValue;

    private readonly int _early = Math.Max(1, queue.Capacity / 4);
    private readonly TakeSignal _signal = new();
    private ITimer? _timer;

    /// <summary>Begins to sleep, until the time is over or there is something to do.</summary>
    /// <param name="length">How long at most.</param>
    /// <param name="isAwaited">Whether somebody waits for what is in the queue; asked once the nap has begun.</param>
    public ValueTask<bool> BeginAsync(TimeSpan length, Func<bool> isAwaited)
    {
        _signal.Prepare();
        var endsAt = queue.PullOrdinal + _early;
        Interlocked.Exchange(ref queue.NapEnd, endsAt);
        _timer ??= Unflowed.Run(
            static self => self.Clock.CreateTimer(static nap => ((BatchNap<T>)nap!).Wake(), self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), this);
        _timer.Change(length, Timeout.InfiniteTimeSpan);

        // Looked at only after the fence: who published, closed or flushed before could not see the nap, and who does so from here on ends it.
        if (queue.EndOrdinal >= endsAt || queue.IsFull || queue.IsClosed || isAwaited())
        {
            Wake();
        }

        return _signal.Wait();
    }

    /// <summary>A publisher has offered a message: one look, while the dispatcher does not nap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void OnOffered(OfferResult answer)
    {
        var endsAt = Volatile.Read(ref queue.NapEnd);
        if (endsAt != Awake && (answer != OfferResult.Accepted || queue.EndOrdinal >= endsAt))
        {
            Wake();
        }
    }

    /// <summary>Ends the nap, if there is one.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref queue.NapEnd, Awake) != Awake)
        {
            _signal.Set();
        }
    }

    private TimeProvider Clock => timeProvider;
}
