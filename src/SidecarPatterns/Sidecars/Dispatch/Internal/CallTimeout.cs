namespace SidecarPatterns;

/// <summary>Bounds each call of one lane: cancels the call's token in time, and gives up on a call that ignores it.</summary>
/// <remarks>One timer and one token source serve all calls; a source is replaced only after it has fired.</remarks>
internal sealed class CallTimeout : IDisposable
{
    private const long Idle = 0;
    private const long Running = 1;
    private const long Expired = 2;
    private const long GivenUp = 3;
    private const long PhaseMask = 3;
    private const int PhaseBits = 2;

    private readonly TimeSpan _timeout;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationToken _outer;
    private readonly CancellationTokenRegistration _outerRegistration;
    private readonly Action<TimeoutException> _onIgnored;
    private readonly ITimer _timer;

    private CancellationTokenSource _source = new();
    private long _startedAt;

    // The number of the call and its phase in one: a timer that fires for one call can not touch the next.
    private long _state;

    // The lane's own.
    private long _calls;
    private bool _isSourceSpent;

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
        _outerRegistration = outer.UnsafeRegister(static state => Cancel(Volatile.Read(ref ((CallTimeout)state!)._source)), this);
    }

    /// <summary>How long a call may take.</summary>
    public TimeSpan Limit => _timeout;

    public CancellationToken Begin()
    {
        if ((_isSourceSpent || _source.IsCancellationRequested) && !_outer.IsCancellationRequested)
        {
            _isSourceSpent = false;
            Volatile.Write(ref _source, new CancellationTokenSource());
            if (_outer.IsCancellationRequested)
            {
                Cancel(_source); // It was cancelled before it could see the new source.
            }
        }

        Volatile.Write(ref _startedAt, _timeProvider.GetTimestamp());
        Volatile.Write(ref _state, (++_calls << PhaseBits) | Running);
        _timer.Change(_timeout, Timeout.InfiniteTimeSpan);
        return _source.Token;
    }

    /// <summary>The call has ended.</summary>
    /// <returns>Whether that was too late.</returns>
    public CallEnd End()
    {
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var phase = Interlocked.Exchange(ref _state, Idle) & PhaseMask;
        if (phase == Running)
        {
            return CallEnd.InTime;
        }

        _isSourceSpent = true; // The timer cancels it, if it has not yet: the next call is to have another.
        return phase == Expired ? CallEnd.TimedOut : CallEnd.GivenUp;
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
        // The state first: should the rest be read of a later call, then the exchange below does not succeed.
        var state = Volatile.Read(ref _state);
        var phase = state & PhaseMask;
        if (phase is Idle or GivenUp)
        {
            return;
        }

        var source = Volatile.Read(ref _source);
        var due = phase == Running ? _timeout : _timeout + SidecarConstants.AbandonGrace;
        var left = due - _timeProvider.GetElapsedTime(Volatile.Read(ref _startedAt));
        if (left > TimeSpan.Zero)
        {
            Arm(left, state); // The firing was meant for an earlier call.
        }
        else if (phase == Running)
        {
            var expired = (state & ~PhaseMask) | Expired;
            if (Interlocked.CompareExchange(ref _state, expired, state) == state)
            {
                Cancel(source);
                Arm(SidecarConstants.AbandonGrace, expired);
            }
        }
        else if (Interlocked.CompareExchange(ref _state, (state & ~PhaseMask) | GivenUp, state) == state)
        {
            _onIgnored(new TimeoutException(
                $"The handler took longer than {nameof(SidecarOptions.HandlerTimeout)} ({_timeout:c}) and ignored the cancellation of its token."));
        }
    }

    /// <summary>Sets the timer for the call that was looked at; if another has begun meanwhile, it is looked at again at once.</summary>
    private void Arm(TimeSpan due, long state)
    {
        _timer.Change(due, Timeout.InfiniteTimeSpan);
        if (Volatile.Read(ref _state) != state)
        {
            _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    // Not Cancel(): what the handler registered runs elsewhere, and what it throws does not end the timer's thread.
    private static void Cancel(CancellationTokenSource source) => _ = source.CancelAsync();
}
