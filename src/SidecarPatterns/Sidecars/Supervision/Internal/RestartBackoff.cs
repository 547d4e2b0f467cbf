namespace SidecarPatterns;

/// <summary>Counts failures in a row and says how long to wait before the next restart: doubling, bounded, with jitter.</summary>
/// <remarks>The supervisor's own.</remarks>
internal sealed class RestartBackoff(SidecarOptions options)
{
    private int _inRow;

    /// <summary>Counts one more end of an incarnation.</summary>
    /// <param name="readyFor">How long the incarnation had been ready: long enough, and a new row begins.</param>
    /// <returns>How many ends in a row there are now.</returns>
    public int Count(TimeSpan readyFor)
    {
        _inRow = readyFor >= options.HealthyAfter ? 1 : Math.Min(_inRow + 1, int.MaxValue - 1);
        return _inRow;
    }

    public TimeSpan NextDelay()
    {
        var doubled = options.RestartDelay.TotalMilliseconds * Math.Pow(2, Math.Min(_inRow - 1, 30));
        var bounded = Math.Min(doubled, options.MaxRestartDelay.TotalMilliseconds);
        var jitter = 1 + (SidecarConstants.RestartJitter * ((2 * Random.Shared.NextDouble()) - 1));
        return TimeSpan.FromMilliseconds(bounded * jitter);
    }
}
