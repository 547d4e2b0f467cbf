namespace SidecarPatterns;

/// <summary>Counts ends in a row and says how long to wait before the next restart: doubling, bounded, with jitter.</summary>
/// <remarks>Not thread-safe: it is one supervisor's own, or under the lock of a group.</remarks>
internal sealed class RestartBackoff(RestartLimits limits)
{
    private const int MaxDoublings = 30; // Past any bound that may be set.

    private int _endsInRow;

    public RestartLimits Limits { get; set; } = limits;

    public int FailuresInRow { get; private set; }

    /// <summary>Whether the last failure that was counted is for good.</summary>
    public bool IsExhausted => FailuresInRow > Limits.MaxRestarts;

    /// <summary>Counts one more end of an incarnation.</summary>
    /// <param name="readyFor">How long what ended had been ready: long enough, and a new row begins.</param>
    /// <param name="failed">Whether it failed; a normal return only makes the next one wait.</param>
    /// <param name="returnEndsRow">Whether a normal return is good news: not so where the failures before it were another's.</param>
    public void Count(TimeSpan readyFor, bool failed, bool returnEndsRow = true)
    {
        var isNewRow = readyFor >= Limits.HealthyAfter;
        _endsInRow = isNewRow ? 1 : Math.Min(_endsInRow + 1, MaxDoublings);
        if (isNewRow || (!failed && returnEndsRow))
        {
            FailuresInRow = 0;
        }

        FailuresInRow += failed ? 1 : 0;
    }

    /// <summary>Begins a new row.</summary>
    public void Reset()
    {
        _endsInRow = 0;
        FailuresInRow = 0;
    }

    /// <summary>In whole milliseconds, as the framework's timers count: what is told is what is waited.</summary>
    public TimeSpan NextDelay()
    {
        var doubled = Limits.Delay.TotalMilliseconds * Math.Pow(2, _endsInRow - 1);
        var bounded = Math.Min(doubled, Limits.MaxDelay.TotalMilliseconds);
        return TimerTime.Of(TimeSpan.FromMilliseconds(bounded * Jitter.Factor(SidecarConstants.RestartJitter, Random.Shared)));
    }
}
