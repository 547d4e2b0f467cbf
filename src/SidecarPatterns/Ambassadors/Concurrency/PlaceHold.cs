using System.Threading.RateLimiting;

namespace SidecarPatterns;

/// <summary>Keeps a place while a body that was handed over is read, and gives it up once nobody reads for too long. Thread-safe.</summary>
internal sealed class PlaceHold
{
    private readonly RateLimitLease _place;
    private readonly TimeProvider _clock;
    private readonly TimeSpan? _idleTimeout;
    private readonly Action _onAbandoned;
    private readonly ITimer? _timer;
    private long _lastReadAt;
    private bool _isBeingRead;
    private bool _isReleased;

    /// <param name="place">The place.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="idleTimeout">For how long nobody may read; <see langword="null"/> for any time.</param>
    /// <param name="onAbandoned">Told when the place was given up for that.</param>
    public PlaceHold(RateLimitLease place, TimeProvider clock, TimeSpan? idleTimeout, Action onAbandoned)
    {
        _place = place;
        _clock = clock;
        _idleTimeout = idleTimeout;
        _onAbandoned = onAbandoned;
        _lastReadAt = clock.GetTimestamp();
        if (idleTimeout is { } idle)
        {
            _timer = Unflowed.Run(
                static self => self._clock.CreateTimer(
                    static state => ((PlaceHold)state!).OnTimer(), self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan),
                this);
            _timer.Change(idle, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Somebody reads.</summary>
    /// <param name="isWaiting">Whether for what is still to come: then nobody is idle but the server.</param>
    public void Touch(bool isWaiting)
    {
        Volatile.Write(ref _lastReadAt, _clock.GetTimestamp());
        Volatile.Write(ref _isBeingRead, isWaiting);
    }

    /// <summary>Nobody will read any more.</summary>
    public void Release() => TryRelease();

    // One timer for all reads: it looks when it is due whether there was one since.
    private void OnTimer()
    {
        var left = Volatile.Read(ref _isBeingRead) ? _idleTimeout!.Value : _idleTimeout!.Value - _clock.GetElapsedTime(Volatile.Read(ref _lastReadAt));
        if (left > TimeSpan.Zero)
        {
            _timer!.Change(TimerTime.Of(left), Timeout.InfiniteTimeSpan);
        }
        else if (TryRelease())
        {
            _onAbandoned();
        }
    }

    private bool TryRelease()
    {
        if (Interlocked.Exchange(ref _isReleased, true))
        {
            return false;
        }

        _timer?.Dispose();
        _place.Dispose();
        return true;
    }
}
