namespace SidecarPatterns;

/// <summary>Counts how long the reads of one body wait, cancels the one that waits too long, and reports once how the body ended.</summary>
/// <remarks>
/// One timer serves all reads. It is set by the first that waits while it is not set, and looks when it is due whether a later one waits since: so
/// most reads touch no timer.
/// </remarks>
internal sealed class BodyWatch : IDisposable
{
    private const int NotEnded = -1;

    // The rate is an average, and says nothing of the first moments.
    private static readonly TimeSpan RateHoldsFrom = TimeSpan.FromSeconds(5);

    // A timer may be due a bit early; one that is set to less than this is due at once, and again.
    private static readonly TimeSpan ShortestLeft = TimeSpan.FromMilliseconds(1);

    private readonly BodyLimits _limits;
    private readonly TimeProvider _timeProvider;
    private readonly Action<BodyEnd>? _onEnd;
    private readonly Action<bool>? _onRead;
    private readonly Lock _lock = new();

    // Guarded by the lock.
    private ITimer? _timer;
    private bool _isArmed;
    private bool _isWaiting;
    private bool _isDisposed;
    private long _waitingSince;
    private TimeSpan _waited; // By the reads that have ended.

    private CancellationTokenSource? _abort; // The reader's; replaced only between two reads.
    private long _brought; // Written by the reader.
    private int _reported = NotEnded;
    private int _failure = NotEnded;

    /// <param name="limits">What is watched for.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="onEnd">Told once how the body ended.</param>
    /// <param name="abort">What cancels a read that is under way already; <see langword="null"/> if there is none.</param>
    /// <param name="onRead">Told of each read that begins to wait, by <see langword="true"/>, and of each that has ended, by <see langword="false"/>.</param>
    public BodyWatch(BodyLimits limits, TimeProvider timeProvider, Action<BodyEnd>? onEnd, CancellationTokenSource? abort, Action<bool>? onRead = null)
    {
        _onRead = onRead;
        _limits = limits;
        _timeProvider = timeProvider;
        _onEnd = onEnd;
        _abort = abort ?? (limits.HasTimes ? new CancellationTokenSource() : null);
    }

    /// <summary>Whether a read that waits has to be cancelled by more than its caller.</summary>
    public bool HasTimes => _limits.HasTimes;

    /// <summary>What every further read fails with; <see langword="null"/> as long as all limits are kept.</summary>
    public Exception? Failure => Volatile.Read(ref _failure) is var failure and not NotEnded ? _limits.Explain((BodyEnd)failure) : null;

    /// <summary>What a read is given for a token.</summary>
    public CancellationToken TokenFor(CancellationToken ct) => _abort?.Token ?? ct;

    /// <summary>A read that <see cref="TokenFor"/> was asked for has to wait.</summary>
    /// <returns>How the caller's token cancels it; to be disposed of when the read has ended.</returns>
    public CancellationTokenRegistration BeginWait(CancellationToken ct)
    {
        _onRead?.Invoke(true);
        if (HasTimes)
        {
            lock (_lock)
            {
                _waitingSince = _timeProvider.GetTimestamp();
                _isWaiting = true;
                if (!_isArmed && !_isDisposed)
                {
                    Arm();
                }
            }
        }

        return _abort is null ? default : ct.UnsafeRegister(static abort => ((CancellationTokenSource)abort!).Cancel(), _abort);
    }

    /// <summary>The read has ended, in time or not: <see cref="Failure"/> tells.</summary>
    public void EndWait(CancellationTokenRegistration registration)
    {
        // Waits for a cancellation that is under way: it is not to reach the next read.
        registration.Dispose();
        _onRead?.Invoke(false);
        if (HasTimes)
        {
            lock (_lock)
            {
                _isWaiting = false;
                _waited += _timeProvider.GetElapsedTime(_waitingSince);
            }
        }

        if (_abort is { IsCancellationRequested: true } && !Volatile.Read(ref _isDisposed) && Volatile.Read(ref _failure) == NotEnded)
        {
            _abort = new CancellationTokenSource(); // The caller has cancelled this read, and may read on where the body allows that.
        }
    }

    /// <summary>A read has brought that many bytes.</summary>
    public void Add(int count)
    {
        Volatile.Write(ref _brought, _brought + count);
        _onRead?.Invoke(false);
    }

    /// <summary>The body does not keep a limit: it is reported, and every further read fails.</summary>
    public void Fail(BodyEnd end)
    {
        Volatile.Write(ref _failure, (int)end);
        Report(end);
    }

    public void Report(BodyEnd end)
    {
        if (Interlocked.CompareExchange(ref _reported, (int)end, NotEnded) == NotEnded)
        {
            _onEnd?.Invoke(end);
        }
    }

    /// <summary>Nobody reads any more. A read that is under way is cancelled before its stream is disposed of, and fails. Thread-safe.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer?.Dispose();
        }

        Report(BodyEnd.Disposed);
        _abort?.Cancel();
    }

    private void OnTimer()
    {
        BodyEnd end;
        lock (_lock)
        {
            _isArmed = false;
            if (!_isWaiting || _isDisposed)
            {
                return;
            }

            if (Left() is var left && left > TimeSpan.Zero)
            {
                Arm();
                return;
            }

            end = _limits.IdleTimeout <= _timeProvider.GetElapsedTime(_waitingSince) ? BodyEnd.Stalled : BodyEnd.TooSlow;
            Volatile.Write(ref _failure, (int)end); // Within the lock: a read that ends now is either in time or not.
        }

        Report(end);
        _ = _abort!.CancelAsync();
    }

    private void Arm()
    {
        var left = Left();
        _isArmed = true;
        _timer ??= Unflowed.Run(
            static self => self._timeProvider.CreateTimer(
                static state => ((BodyWatch)state!).OnTimer(), self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan),
            this);
        _timer.Change(left > ShortestLeft ? left : ShortestLeft, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How long the read may still wait. It never is due sooner than what the timer was set to for an earlier one.</summary>
    private TimeSpan Left()
    {
        var waiting = _timeProvider.GetElapsedTime(_waitingSince);
        var left = _limits.IdleTimeout - waiting ?? AmbassadorConstants.MaxDuration;
        if (_limits.MinimumRate is { } rate)
        {
            var enoughFor = Math.Min(Volatile.Read(ref _brought) / rate, AmbassadorConstants.MaxDuration.TotalSeconds);
            var slowAt = TimeSpan.FromSeconds(Math.Max(enoughFor, RateHoldsFrom.TotalSeconds)) - _waited - waiting;
            left = slowAt < left ? slowAt : left;
        }

        return left;
    }
}
