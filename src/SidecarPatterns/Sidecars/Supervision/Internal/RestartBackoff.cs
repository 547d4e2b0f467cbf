namespace SidecarPatterns;

/// <summary>Counts ends in a row and says how long to wait before the next restart: doubling, bounded, with jitter.</summary>
/// <remarks>The supervisor's own.</remarks>
internal sealed class RestartBackoff(SidecarOptions options)
{
    private const int MaxDoublings = 30; // Past any bound that may be set.

    private int _endsInRow;

    public int FailuresInRow { get; private set; }

    /// <summary>How long the next restart will wait: from the end that is counted until the wait begins.</summary>
    public TimeSpan? Planned { get; private set; }

    /// <summary>Counts one more end of an incarnation.</summary>
    /// <param name="readyFor">How long the incarnation had been ready: long enough, and a new row begins.</param>
    /// <param name="failed">Whether it failed; a normal return only makes the next one wait.</param>
    public void Count(TimeSpan readyFor, bool failed)
    {
        var isNewRow = readyFor >= options.HealthyAfter;
        _endsInRow = isNewRow ? 1 : Math.Min(_endsInRow + 1, MaxDoublings);
        FailuresInRow = failed ? (isNewRow ? 1 : FailuresInRow + 1) : 0;
        Planned = Draw();
    }

    /// <summary>Begins a new row.</summary>
    public void Reset()
    {
        _endsInRow = 0;
        FailuresInRow = 0;
    }

    public TimeSpan NextDelay()
    {
        var delay = Planned ?? Draw();
        Planned = null;
        return delay;
    }

    private TimeSpan Draw()
    {
        var doubled = options.RestartDelay.TotalMilliseconds * Math.Pow(2, _endsInRow - 1);
        var bounded = Math.Min(doubled, options.MaxRestartDelay.TotalMilliseconds);
        var jitter = 1 + (SidecarConstants.RestartJitter * ((2 * Random.Shared.NextDouble()) - 1));
        return TimeSpan.FromMilliseconds(bounded * jitter);
    }
}
