namespace SidecarPatterns;

/// <summary>What the options of its sidecar make of a lane. They may change while it runs: it adopts them between two messages.</summary>
internal sealed partial class DispatchLane<T>
{
    private SidecarOptions _settings;
    private CallTimeout? _timeout;
    private LanePacing? _pacing;
    private long _stuckAfter; // In the clock's ticks; 0 if nobody watches.

    // Whether a message may have expired, may have been attempted before, or may be wanted no more.
    private bool _isTold;

    /// <summary>No message is in flight here.</summary>
    private void Adopt(SidecarOptions settings)
    {
        BeginAttemptsAnew();
        _isTold = _owner.HasExpiry || (_source.Parks && _owner.MayHaveRetried) || _callers is not null;
        _stuckAfter = settings.StuckAfter is { } stuckAfter ? TimeTicks.Of(stuckAfter, Context.TimeProvider) : 0;
        if (_timeout?.Limit != settings.HandlerTimeout)
        {
            _timeout?.Dispose();
            _timeout = settings.HandlerTimeout is { } timeout ? new CallTimeout(timeout, Context.TimeProvider, GiveUpOnCall, Token) : null;
        }

        if (_pacing?.Limiter != _owner.RateLimit || (_pacing is null && _owner.Governed is not null))
        {
            _pacing = _owner.RateLimit is null && _owner.Governed is null ? null : new LanePacing(_owner.RateLimit, _owner.Governed, Context.TimeProvider);
        }
    }

    /// <summary>Takes the next message, if there is one and it may begin now.</summary>
    private bool TryTakeInTurn(LanePacing pacing)
    {
        if (!_source.HasNext || !pacing.MayTake() || !_source.TryTake(out _current!))
        {
            return false;
        }

        pacing.OnTaken(_source.LastCount);
        return true;
    }
}
