using System.Threading.RateLimiting;

namespace SidecarPatterns;

/// <summary>Gives permits at an even pace, on any clock; one that was late, or idle, catches up on a little.</summary>
/// <remarks>
/// The generic cell rate algorithm: all it knows is when the next permit is due. The limiters of the framework go by the system's clock alone.
/// Thread-safe. Those who wait get their permits in the order of their calls.
/// </remarks>
internal sealed class PacedRateLimiter : RateLimiter
{
    private const double CatchUp = 0.020;

    private readonly Lock _lock = new();
    private readonly TimeProvider _timeProvider;
    private readonly long _origin;

    // In seconds; times since the origin, which a number of this type can tell apart to the nanosecond for years.
    private double _interval;
    private double _nextAt;
    private LazyCancellation _changed;

    /// <param name="rate">How many permits there are in a second.</param>
    /// <param name="timeProvider">The clock.</param>
    public PacedRateLimiter(double rate, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _origin = timeProvider.GetTimestamp();
        _interval = 1 / rate;
    }

    private double Now => _timeProvider.GetElapsedTime(_origin).TotalSeconds;

    public override TimeSpan? IdleDuration => null;

    /// <summary>Changes the rate from here on; those who wait are given new times.</summary>
    /// <param name="rate">How many permits there are in a second; <see cref="double.PositiveInfinity"/> for no limit.</param>
    public void SetRate(double rate)
    {
        LazyCancellation before;
        lock (_lock)
        {
            _interval = 1 / rate;
            _nextAt = Math.Min(_nextAt, Now + _interval);
            (before, _changed) = (_changed, default);
        }

        before.Cancel();
    }

    /// <summary>Takes permits although they are not due yet: the next one comes the later.</summary>
    public void Overdraw(int count)
    {
        lock (_lock)
        {
            _nextAt += count * _interval;
        }
    }

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        lock (_lock)
        {
            var now = Now;
            if (permitCount > 0 && _nextAt > now)
            {
                return PaceLease.Refused;
            }

            Reserve(now, permitCount);
            return PaceLease.Granted;
        }
    }

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan wait;
            CancellationToken changed;
            lock (_lock)
            {
                var now = Now;
                wait = TimeSpan.FromSeconds(Math.Max(0, Reserve(now, permitCount) - now));
                changed = _changed.Token;
            }

            if (wait == TimeSpan.Zero)
            {
                return PaceLease.Granted;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, changed);
            await Task.Delay(Longest(wait), _timeProvider, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                Overdraw(-permitCount); // The next one has the turn that is not used.
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (!changed.IsCancellationRequested)
            {
                return PaceLease.Granted;
            }
        }
    }

    // What a timer takes; a lower rate than one in so many days is none that anybody could tell from it.
    private static TimeSpan Longest(TimeSpan wait) => wait < SidecarConstants.MaxDuration ? wait : SidecarConstants.MaxDuration;

    /// <returns>When the permits are due.</returns>
    private double Reserve(double now, int count)
    {
        var dueAt = Math.Max(_nextAt, now - CatchUp);
        _nextAt = dueAt + (count * _interval);
        return dueAt;
    }

    private sealed class PaceLease(bool isAcquired) : RateLimitLease
    {
        public static readonly PaceLease Granted = new(isAcquired: true);
        public static readonly PaceLease Refused = new(isAcquired: false);

        public override bool IsAcquired => isAcquired;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
