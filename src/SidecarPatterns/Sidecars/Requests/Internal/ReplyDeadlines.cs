namespace SidecarPatterns;

/// <summary>Ends the waits of one client's callers in time. One timer serves them all. Thread-safe.</summary>
/// <remarks>
/// All wait equally long, so whoever asked first is the first whose time is over. The timer is not stopped when the last is answered, for then
/// it would be set and stopped at every call of a quiet client: it runs out once, and is not set again until somebody waits.
/// </remarks>
/// <param name="timeout">How long a caller waits.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="explain">Makes what a caller is told whose time is over.</param>
internal sealed class ReplyDeadlines<TRequest, TReply>(TimeSpan timeout, TimeProvider timeProvider, Func<TimeoutException> explain)
{
    // The rough clock may be behind when a request begins to wait: none is to be told too early.
    private static readonly TimeSpan Roughness = TimeSpan.FromMilliseconds(16);

    // A timer that is set to less is due at once, and again, while the rough clock stands still.
    private static readonly TimeSpan ShortestLeft = TimeSpan.FromMilliseconds(1);

    private readonly long _timeoutTicks = (long)Math.Ceiling(
        (timeProvider == TimeProvider.System ? timeout + Roughness : timeout).TotalSeconds * timeProvider.TimestampFrequency);

    // Guarded by the gate.
    private SpinGate _gate = new();
    private Request<TRequest, TReply>? _first;
    private Request<TRequest, TReply>? _last;
    private bool _isArmed; // Whoever sets this is the one who sets the timer next.

    private ITimer? _timer; // Made when first armed.

    /// <summary>How long a caller waits.</summary>
    public TimeSpan Limit => timeout;

    public void Add(Request<TRequest, TReply> request)
    {
        var dueAt = RoughClock.GetTimestamp(timeProvider) + _timeoutTicks;
        bool isToArm;
        using (_gate.Enter())
        {
            if (request.IsOver)
            {
                return; // Whoever ends it later finds it here.
            }

            request.DueAt = dueAt;
            if (_last is null)
            {
                _first = request;
            }
            else
            {
                request.Previous = _last;
                _last.Next = request;
            }

            _last = request;
            isToArm = !_isArmed;
            _isArmed = true;
        }

        if (isToArm)
        {
            _timer ??= NewTimer();
            _timer.Change(timeout, Timeout.InfiniteTimeSpan);
        }
    }

    public void Remove(Request<TRequest, TReply> request)
    {
        using (_gate.Enter())
        {
            if (request.DueAt != 0)
            {
                RemoveLocked(request);
            }
        }
    }

    private ITimer NewTimer() => Unflowed.Run(
        static self => self.timeProvider.CreateTimer(
            static state => ((ReplyDeadlines<TRequest, TReply>)state!).OnTimer(), self.deadlines, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan),
        (timeProvider, deadlines: this));

    private void OnTimer()
    {
        while (TakeDue() is { } due)
        {
            due.TimeOut(explain());
        }

        if (TimeLeft() is { } left)
        {
            _timer!.Change(left, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Takes out the first, if its time is over.</summary>
    private Request<TRequest, TReply>? TakeDue()
    {
        var now = RoughClock.GetTimestamp(timeProvider);
        using (_gate.Enter())
        {
            if (_first is not { } first || first.DueAt > now)
            {
                return null;
            }

            RemoveLocked(first);
            return first;
        }
    }

    /// <summary>How long it is until the first is due; <see langword="null"/> if nobody waits: then whoever does next sets the timer.</summary>
    private TimeSpan? TimeLeft()
    {
        var now = RoughClock.GetTimestamp(timeProvider);
        long dueAt;
        using (_gate.Enter())
        {
            _isArmed = _first is not null;
            if (!_isArmed)
            {
                return null;
            }

            dueAt = _first!.DueAt;
        }

        var left = timeProvider.GetElapsedTime(now, dueAt);
        return left > ShortestLeft ? left : ShortestLeft;
    }

    private void RemoveLocked(Request<TRequest, TReply> request)
    {
        var (previous, next) = (request.Previous, request.Next);
        if (previous is null)
        {
            _first = next;
        }
        else
        {
            previous.Next = next;
        }

        if (next is null)
        {
            _last = previous;
        }
        else
        {
            next.Previous = previous;
        }

        request.DueAt = 0;
        request.Previous = request.Next = null;
    }
}
