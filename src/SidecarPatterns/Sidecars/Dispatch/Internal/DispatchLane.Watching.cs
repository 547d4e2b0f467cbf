namespace SidecarPatterns;

/// <summary>What is seen of a lane from outside: how long its handlers have been busy, and which call is under way since when.</summary>
/// <remarks>
/// The clock is read once for each stretch of calls that follow one another at once: to read it for each would cost as much as to handle a message.
/// </remarks>
internal sealed partial class DispatchLane<T>
{
    private readonly SidecarWatchdog _watchdog;

    // Written by the lane.
    private long _calls;
    private long _markedAt;
    private long _markedCall; // The call that began, or was seen to run on, at that time.
    private bool _isLate; // The message is another's to settle, who may just be looking at it: it, its attempts and the stretch are no longer this lane's.

    public CallWatch? Watch { get; set; }

    public Type MessageType => _owner.MessageType;

    public bool IsBusy => _source.Busy.IsBusy && !WasInterrupted;

    public override IEnumerable<IWatchedLane> Lanes => [this];

    public bool TryReadCall(out long number, out long since)
    {
        since = 0;
        number = Volatile.Read(ref _calls);
        if (!_state.IsCalling || WasInterrupted)
        {
            return false;
        }

        if (Volatile.Read(ref _markedCall) == number)
        {
            since = Volatile.Read(ref _markedAt);
        }

        return Volatile.Read(ref _calls) == number;
    }

    /// <summary>The lane is about to call handlers.</summary>
    private void BeginStretch()
    {
        if (!_state.MayGoOn)
        {
            return;
        }

        var now = RoughClock.GetTimestamp(Context.TimeProvider);
        _source.Busy.Begin(now);
        _pacing?.BeginWork();
        Mark(_calls + 1, now);
    }

    /// <summary>The lane comes to rest.</summary>
    private void EndStretch()
    {
        _pacing?.EndWork();
        if (!_isLate)
        {
            _source.Busy.End(RoughClock.GetTimestamp(Context.TimeProvider));
        }
    }

    /// <summary>A call goes on while the lane waits for it.</summary>
    private void MarkCall()
    {
        if (_markedCall != _calls)
        {
            Mark(_calls, RoughClock.GetTimestamp(Context.TimeProvider));
        }
    }

    private void Mark(long call, long now)
    {
        Volatile.Write(ref _markedCall, 0); // Whoever reads in between finds no time, and not that of another call.
        Volatile.Write(ref _markedAt, now);
        Volatile.Write(ref _markedCall, call);
        if (_stuckAfter != 0)
        {
            _watchdog.LookAt(now + _stuckAfter);
        }
    }
}
