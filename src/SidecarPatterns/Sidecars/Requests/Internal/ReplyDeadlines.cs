namespace SidecarPatterns;

/// <summary>Ends the waits of one client's callers in time. One timer serves them all. Thread-safe.</summary>
/// <remarks>
/// All wait equally long, so whoever asked first is the first whose time is over: they stand on pages in the order in which they asked. Those who
/// are answered leave without a lock, and pages that all have left are taken out while new ones are begun. The timer is not stopped when the last
/// is answered, for then it would be set and stopped at every call of a quiet client: it runs out once, and is not set again until somebody waits.
/// </remarks>
internal sealed class ReplyDeadlines<TRequest, TReply>
{
    // The rough clock may be behind when a request begins to wait: none is to be told too early.
    private static readonly TimeSpan Roughness = TimeSpan.FromMilliseconds(16);

    // A timer that is set to less is due at once, and again, while the rough clock stands still.
    private static readonly TimeSpan ShortestLeft = TimeSpan.FromMilliseconds(1);

    private readonly TimeSpan _timeout;
    private readonly TimeProvider _timeProvider;
    private readonly Func<TimeoutException> _explain;
    private readonly long _timeoutTicks;

    // The pages, from the one before the oldest on. The lock guards how they hang together.
    private readonly Lock _pages = new();
    private readonly WaitingPage _head = new();
    private WaitingPage _swept;
    private WaitingPage _newest;

    private bool _isArmed; // Whoever sets this is the one who sets the timer next.
    private ITimer? _timer; // Made when first armed.

    /// <param name="timeout">How long a caller waits.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="explain">Makes what a caller is told whose time is over.</param>
    public ReplyDeadlines(TimeSpan timeout, TimeProvider timeProvider, Func<TimeoutException> explain)
    {
        _timeout = timeout;
        _timeProvider = timeProvider;
        _explain = explain;
        _timeoutTicks = (long)Math.Ceiling(
            (timeProvider == TimeProvider.System ? timeout + Roughness : timeout).TotalSeconds * timeProvider.TimestampFrequency);
        _swept = _head;
        _newest = _head.Next = new WaitingPage();
    }

    /// <summary>How long a caller waits.</summary>
    public TimeSpan Limit => _timeout;

    public void Add(Request<TRequest, TReply> request)
    {
        var dueAt = RoughClock.GetTimestamp(_timeProvider) + _timeoutTicks;
        var page = Volatile.Read(ref _newest);
        int place;
        while (!page.TryTake(out place))
        {
            page = PageAfter(page);
        }

        request.WaitAt(page, place, dueAt);
        if (!Volatile.Read(ref _isArmed) && !Interlocked.Exchange(ref _isArmed, true))
        {
            _timer ??= NewTimer();
            _timer.Change(_timeout, Timeout.InfiniteTimeSpan);
        }
    }

    private ITimer NewTimer() => Unflowed.Run(
        static self => self._timeProvider.CreateTimer(
            static state => ((ReplyDeadlines<TRequest, TReply>)state!).OnTimer(), self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan),
        this);

    private WaitingPage PageAfter(WaitingPage full)
    {
        lock (_pages)
        {
            if (_newest == full)
            {
                // Two for each that is begun: however few stay, the others do not pile up between them.
                Sweep();
                Sweep();
                Volatile.Write(ref _newest, full.Next = new WaitingPage());
            }

            return _newest;
        }
    }

    /// <summary>Looks at one page more, round and round, and takes it out if all have left it.</summary>
    private void Sweep()
    {
        var page = _swept.Next!;
        if (page == _newest)
        {
            _swept = _head;
        }
        else if (page.IsLeft)
        {
            _swept.Next = page.Next;
        }
        else
        {
            _swept = page;
        }
    }

    private void OnTimer()
    {
        var left = EndOverdue();
        if (left is null)
        {
            // First this and then another look; whoever comes does it the other way round.
            Interlocked.Exchange(ref _isArmed, false);
            left = EndOverdue();
            if (left is null || Interlocked.Exchange(ref _isArmed, true))
            {
                return;
            }
        }

        _timer!.Change(left.Value, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends the waits of those whose time is over.</summary>
    /// <returns>How long it is until the next one's is; <see langword="null"/> if nobody waits any more.</returns>
    private TimeSpan? EndOverdue()
    {
        List<Request<TRequest, TReply>> overdue = [];
        var now = RoughClock.GetTimestamp(_timeProvider);
        long next;
        lock (_pages)
        {
            next = Collect(overdue, now);
        }

        foreach (var request in overdue)
        {
            request.TimeOut(_explain());
        }

        if (next == long.MaxValue)
        {
            return null;
        }

        var left = _timeProvider.GetElapsedTime(now, next);
        return left > ShortestLeft ? left : ShortestLeft;
    }

    /// <summary>Goes through the pages as far as to the first where somebody waits whose time is not over, and takes out those that all have left.</summary>
    /// <returns>When the next one's time is over.</returns>
    private long Collect(List<Request<TRequest, TReply>> overdue, long now)
    {
        var next = long.MaxValue;
        var before = _swept = _head;
        for (var page = _head.Next; page is not null && next == long.MaxValue; page = page.Next)
        {
            if (page.IsLeft && page != _newest)
            {
                before.Next = page.Next;
                continue;
            }

            before = page;
            for (var place = 0; place < WaitingPage.Length; place++)
            {
                if (page[place] is not Request<TRequest, TReply> request)
                {
                    continue;
                }

                if (request.DueAt <= now)
                {
                    overdue.Add(request);
                }
                else
                {
                    next = Math.Min(next, request.DueAt);
                }
            }
        }

        return next;
    }
}
