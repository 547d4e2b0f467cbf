namespace SidecarPatterns;

/// <summary>
/// The endpoints as picks see them: never changed but for a cached mean, and replaced as a whole when an endpoint comes, goes, fails or recovers.
/// </summary>
internal sealed class EndpointSet
{
    private const int Sampled = 33;

    private double _median;
    private long _medianAt = long.MinValue;
    private int _isReckoning;

    /// <summary>Makes a set.</summary>
    /// <param name="all">All endpoints, the better priority first.</param>
    /// <param name="tiers">Those that requests go to, a tier for each priority.</param>
    /// <param name="recovering">Those whose circuit is not closed and may yet let a probe through, the better priority first.</param>
    public EndpointSet(BalancedEndpoint[] all, EndpointTier[] tiers, BalancedEndpoint[] recovering)
    {
        All = all;
        Tiers = tiers;
        Recovering = recovering;
        Single = all.Length == 1 ? all[0] : null;
        FirstReady = Array.FindIndex(tiers, static tier => tier.Ready.Length > 0) is var first && first < 0 ? tiers.Length : first;
        Wanted = FirstReady < tiers.Length
            ? Array.FindLastIndex(recovering, endpoint => endpoint.Priority <= tiers[FirstReady].Ready[0].Priority) + 1
            : recovering.Length;
    }

    public static EndpointSet Empty { get; } = new([], [], []);

    public BalancedEndpoint[] All { get; }

    public EndpointTier[] Tiers { get; }

    public BalancedEndpoint[] Recovering { get; }

    /// <summary>How many of the recovering ones are wanted back: those that are no worse by priority than the ones that requests go to.</summary>
    public int Wanted { get; }

    /// <summary>The only endpoint, where there is one.</summary>
    public BalancedEndpoint? Single { get; }

    /// <summary>The best tier that has an endpoint; their number if none has.</summary>
    public int FirstReady { get; }

    /// <summary>What the endpoint in the middle takes, in seconds, of those that are known: at most a second old. 0 if none is.</summary>
    public double MedianAt(long now, BalancingScale scale)
    {
        var at = Volatile.Read(ref _medianAt);
        if ((at == long.MinValue || now - at >= scale.LookAgainTicks) && Interlocked.Exchange(ref _isReckoning, 1) == 0)
        {
            var median = Median(now, scale);
            Volatile.Write(ref _median, median);
            Volatile.Write(ref _medianAt, median > 0 ? now : long.MinValue); // As long as nothing is known there may be news at any time.
            Volatile.Write(ref _isReckoning, 0);
        }

        return Volatile.Read(ref _median);
    }

    // Of a sample, evenly spread: among a thousand endpoints, too, somebody waits for it.
    private double Median(long now, BalancingScale scale)
    {
        Span<double> known = stackalloc double[Sampled];
        var count = 0;
        var step = Math.Max(1, All.Length / Sampled);
        for (var i = 0; i < All.Length && count < Sampled; i += step)
        {
            var seconds = All[i].SecondsAt(now, scale);
            if (seconds >= 0)
            {
                known[count++] = seconds;
            }
        }

        known = known[..count];
        known.Sort();
        return count == 0 ? 0 : known[(count - 1) / 2];
    }
}
