namespace SidecarPatterns;

/// <summary>Bounds each call of one lane: cancels the call's token in time, and gives up on a call that ignores it.</summary>
/// <remarks>One timer and one token source serve all calls; a source is replaced only after it has fired.</remarks>
internal sealed class CallTimeout : IDisposable
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int Expired = 2;

    private readonly TimeSpan _timeout;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationToken _outer;
    private readonly CancellationTokenRegistration _outerRegistration;
    private readonly Action<TimeoutException> _onIgnored;
    private readonly ITimer _timer;

    private CancellationTokenSource _source = new();
    private long _startedAt;
    private int _state;

    /// <param name="timeout">How long a call may take.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="onIgnored">Called once, if a call has not ended a while after its token was cancelled for time.</param>
    /// <param name="outer">Cancels every call.</param>
    public CallTimeout(TimeSpan timeout, TimeProvider timeProvider, Action<TimeoutException> onIgnored, CancellationToken outer)
    {
        _timeout = timeout;
        _timeProvider = timeProvider;
        _outer = outer;
        _onIgnored = onIgnored;
        _timer = timeProvider.CreateTimer(
            static state => ((CallTimeout)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _outerRegistration = outer.UnsafeRegister(static state => ((CallTimeout)state!).Cancel(), this);
    }

    public CancellationToken Begin()
    {
        if (_source.IsCancellationRequested && !_outer.IsCancellationRequested)
        {
            Volatile.Write(ref _source, new CancellationTokenSource());
            if (_outer.IsCancellationRequested)
            {
                Cancel(); // It was cancelled before it could see the new source.
            }
        }

        Volatile.Write(ref _startedAt, _timeProvider.GetTimestamp());
        Volatile.Write(ref _state, Running);
        _timer.Change(_timeout, Timeout.InfiniteTimeSpan);
        return _source.Token;
    }

    /// <summary>The call has ended; whether that was too late.</summary>
    public bool End()
    {
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return Interlocked.Exchange(ref _state, Idle) == Expired;
    }

    public TimeoutException Explain(Exception? failure) =>
        new($"The handler took longer than {nameof(SidecarOptions.HandlerTimeout)} ({_timeout:c}).", failure);

    public void Dispose()
    {
        _timer.Dispose();
        _outerRegistration.Dispose();
    }

    private void OnTimer()
    {
        // A firing meant for an earlier call can come late: the time that the current call has taken tells.
        var elapsed = _timeProvider.GetElapsedTime(Volatile.Read(ref _startedAt));
        if (elapsed >= _timeout && Interlocked.CompareExchange(ref _state, Expired, Running) == Running)
        {
            Cancel();
            _timer.Change(SidecarConstants.AbandonGrace, Timeout.InfiniteTimeSpan);
        }
        else if (elapsed >= _timeout + SidecarConstants.AbandonGrace && Volatile.Read(ref _state) == Expired)
        {
            _onIgnored(new TimeoutException(
                $"The handler took longer than {nameof(SidecarOptions.HandlerTimeout)} ({_timeout:c}) and ignored the cancellation of its token."));
        }
    }

    // Not Cancel(): what the handler registered runs elsewhere, and what it throws does not end the timer's thread.
    private void Cancel() => _ = Volatile.Read(ref _source).CancelAsync();
}
