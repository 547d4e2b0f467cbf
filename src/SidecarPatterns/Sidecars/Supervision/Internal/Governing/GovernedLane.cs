namespace SidecarPatterns;

/// <summary>How a lane gives way: it works for a moment, and rests in proportion. The lane's own.</summary>
internal sealed class GovernedLane(GovernedSidecar sidecar, TimeProvider timeProvider)
{
    // Work in moments of so long; a shorter rest than this would cost more than it leaves to others.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(1);

    private long _workedSince; // 0 while nobody is to give way.

    /// <summary>Whether the lane has worked for long enough to rest.</summary>
    public bool MustRest
    {
        get
        {
            if (!sidecar.MustYield)
            {
                _workedSince = 0;
                return false;
            }

            if (_workedSince == 0)
            {
                _workedSince = timeProvider.GetTimestamp();
                return false;
            }

            return timeProvider.GetElapsedTime(_workedSince) >= Slice;
        }
    }

    /// <summary>Rests for as long as the share asks for.</summary>
    public async ValueTask RestAsync(CancellationToken leaving)
    {
        var rest = timeProvider.GetElapsedTime(_workedSince) * ((1 / sidecar.Share) - 1);
        await Task.Delay(rest < MaxRest ? rest : MaxRest, timeProvider, leaving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _workedSince = timeProvider.GetTimestamp();
    }
}
