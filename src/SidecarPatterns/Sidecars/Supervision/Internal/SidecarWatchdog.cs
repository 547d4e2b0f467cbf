namespace SidecarPatterns;

/// <summary>Reports handler calls that run for too long. It looks only while calls are under way, and no sooner than one of them can be late.</summary>
/// <remarks>
/// A lane that begins to call handlers asks for a look; calls that follow one another at once do not, so the watchdog looks again for as long as a lane is
/// busy. When such a call began it learns only by looking: it may report it late, but never early.
/// </remarks>
internal sealed class SidecarWatchdog(TimeProvider timeProvider) : IDisposable
{
    private const long Never = long.MaxValue;

    // The rough clock may stand still for this long.
    private static readonly TimeSpan MinDue = TimeSpan.FromMilliseconds(16);

    private readonly TimeProvider _timeProvider = timeProvider;
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private long _nextLookAt = Never;
    private bool _isOver;

    /// <summary>Whom it looks at; set once, before any of them starts.</summary>
    public IReadOnlyList<SidecarSupervisor> Supervisors { get; set; } = [];

    /// <summary>A call begins that is late at a given time.</summary>
    public void LookAt(long time)
    {
        if (time < Volatile.Read(ref _nextLookAt))
        {
            Arm(time);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _timer?.Dispose();
        }
    }

    private void Arm(long time)
    {
        lock (_lock)
        {
            if (_isOver || time >= _nextLookAt)
            {
                return;
            }

            Volatile.Write(ref _nextLookAt, time);
            _timer ??= Unflowed.Run(
                static self => self._timeProvider.CreateTimer(
                    static watchdog => ((SidecarWatchdog)watchdog!).Look(), self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan),
                this);
            var due = _timeProvider.GetElapsedTime(RoughClock.GetTimestamp(_timeProvider), time);
            _timer.Change(due < MinDue ? MinDue : due, Timeout.InfiniteTimeSpan);
        }
    }

    private void Look()
    {
        Volatile.Write(ref _nextLookAt, Never); // First: a lane that becomes busy from here on asks for a look of its own.
        Interlocked.MemoryBarrierProcessWide();
        var now = RoughClock.GetTimestamp(_timeProvider);
        foreach (var supervisor in Supervisors)
        {
            if (supervisor.Options.StuckAfter is { } stuckAfter && supervisor.CurrentIncarnation is { } incarnation)
            {
                foreach (var lane in incarnation.Lanes)
                {
                    Look(supervisor, incarnation, lane, stuckAfter, now);
                }
            }
        }
    }

    private void Look(SidecarSupervisor supervisor, Incarnation incarnation, IWatchedLane lane, TimeSpan stuckAfter, long now)
    {
        if (!lane.TryReadCall(out var number, out var since))
        {
            if (lane.IsBusy)
            {
                LookAt(now + TimeTicks.Of(stuckAfter, _timeProvider));
            }

            return;
        }

        if (lane.Watch is not { } watch || watch.Number != number)
        {
            lane.Watch = watch = new CallWatch(number, since == 0 ? now : since);
        }

        var duration = _timeProvider.GetElapsedTime(watch.Since, now);
        if (duration < stuckAfter)
        {
            LookAt(watch.Since + TimeTicks.Of(stuckAfter, _timeProvider));
        }
        else
        {
            if (!watch.IsReported)
            {
                watch.IsReported = true;
                supervisor.OnStuck(incarnation, lane, duration);
            }

            LookAt(now + TimeTicks.Of(stuckAfter, _timeProvider)); // It may come to an end, and the next one be stuck too.
        }
    }
}
