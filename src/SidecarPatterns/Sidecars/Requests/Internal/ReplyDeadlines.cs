namespace SidecarPatterns;

/// <summary>Ends the waits of one client's callers in time. One timer serves them all, and runs only while anybody waits. Thread-safe.</summary>
/// <remarks>All wait equally long, so whoever asked first is the first whose time is over.</remarks>
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
    private bool _isArmed;

    private readonly Lock _arming = new(); // The timer is told of one change after the other.
    private ITimer? _timer; // Made when first armed.

    /// <summary>How long a caller waits.</summary>
    public TimeSpan Limit => timeout;

    public void Add(Request<TRequest, TReply> request)
    {
        var dueAt = RoughClock.GetTimestamp(timeProvider) + _timeoutTicks;
        bool isArmed;
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
            isArmed = _isArmed;
        }

        if (!isArmed)
        {
            Arm();
        }
    }

    public void Remove(Request<TRequest, TReply> request)
    {
        bool isLast;
        using (_gate.Enter())
        {
            if (request.DueAt == 0)
            {
                return;
            }

            RemoveLocked(request);
            isLast = _first is null;
        }

        if (isLast)
        {
            Arm();
        }
    }

    /// <summary>Sets the timer if somebody waits by now, and stops it if nobody does any more.</summary>
    private void Arm()
    {
        lock (_arming)
        {
            bool isArmed;
            using (_gate.Enter())
            {
                isArmed = _first is not null;
                if (isArmed == _isArmed)
                {
                    return; // Others came or went meanwhile; the timer itself sees to those who came since it was set.
                }

                _isArmed = isArmed;
            }

            _timer ??= NewTimer();
            _timer.Change(isArmed ? timeout : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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

        lock (_arming)
        {
            if (TimeLeft() is { } left)
            {
                _timer!.Change(left, Timeout.InfiniteTimeSpan);
            }
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
