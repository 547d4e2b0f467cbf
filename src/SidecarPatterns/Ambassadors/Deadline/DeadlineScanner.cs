using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>Looks after the deadlines of all attempts that go by one clock, with one timer that runs only while there are any.</summary>
/// <remarks>
/// To set a timer for each attempt costs more than all else that is done for it. A deadline is a field here, and is noticed up to <see cref="Period"/> late,
/// never early. What is due is queued: no callback of a token runs on the scanner. Thread-safe.
/// </remarks>
internal sealed class DeadlineScanner
{
    /// <summary>How often it looks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);

    // An attempt of less time than this has a timer of its own: the scanner's steps would be too wide.
    private static readonly TimeSpan ShortTime = TimeSpan.FromMilliseconds(100);

    // So long there must be nothing to look after for the timer to stop.
    private const int IdleScansToStop = 50;

    private static readonly ConditionalWeakTable<TimeProvider, DeadlineScanner> Scanners = [];

    private readonly DeadlineStripe[] _stripes;
    private readonly Lock _starting = new();
    private ITimer? _timer;
    private bool _isRunning;
    private int _idleScans; // The timer's own.

    private DeadlineScanner(TimeProvider timeProvider)
    {
        Clock = timeProvider;
        ShortTicks = TimeTicks.Of(ShortTime, timeProvider);
        _stripes = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new DeadlineStripe(this))];
    }

    public TimeProvider Clock { get; }

    /// <summary>An attempt that has less than these ticks has a timer of its own.</summary>
    public long ShortTicks { get; }

    /// <summary>The scanner of a clock.</summary>
    public static DeadlineScanner Of(TimeProvider timeProvider) =>
        Scanners.GetValue(timeProvider, static timeProvider => new DeadlineScanner(timeProvider));

    /// <summary>Takes a scope out of the pool and looks after it until it is given back.</summary>
    public AttemptScope Rent()
    {
        var scope = _stripes[Thread.GetCurrentProcessorId() % _stripes.Length].Rent();
        if (!Volatile.Read(ref _isRunning))
        {
            Start();
        }

        return scope;
    }

    private void Start()
    {
        lock (_starting)
        {
            if (_isRunning)
            {
                return;
            }

            _timer ??= Unflowed.Run(
                static self => self.Clock.CreateTimer(
                    static state => ((DeadlineScanner)state!).Scan(), self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan),
                this);
            _idleScans = 0;
            Volatile.Write(ref _isRunning, true);
            _timer.Change(Period, Period);
        }
    }

    private void Scan()
    {
        var now = Clock.GetTimestamp();
        var isIdle = true;
        foreach (var stripe in _stripes)
        {
            isIdle &= stripe.Scan(now);
        }

        _idleScans = isIdle ? _idleScans + 1 : 0;
        if (_idleScans >= IdleScansToStop)
        {
            StopUnlessBusy();
        }
    }

    private void StopUnlessBusy()
    {
        lock (_starting)
        {
            // First this and then the look; whoever rents does it the other way round.
            Interlocked.Exchange(ref _isRunning, false);
            if (_stripes.Any(static stripe => stripe.IsBusy))
            {
                Volatile.Write(ref _isRunning, true);
                return;
            }

            _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
