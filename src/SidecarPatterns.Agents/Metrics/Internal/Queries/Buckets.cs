namespace SidecarPatterns;

/// <summary>What the buckets of a histogram tell.</summary>
internal static class Buckets
{
    /// <summary>How many measurements there are.</summary>
    public static long Count(ReadOnlySpan<long> counts)
    {
        var count = 0L;
        foreach (var bucket in counts)
        {
            count += bucket;
        }

        return count;
    }

    /// <summary>The value below which a part of the measurements lies, as Prometheus' <c>histogram_quantile</c> finds it.</summary>
    /// <param name="quantile">The part, from 0 to 1.</param>
    /// <param name="boundaries">The upper boundaries of all buckets but the last.</param>
    /// <param name="counts">How many measurements are in each bucket.</param>
    /// <returns><see langword="null"/> if there is no measurement, or if there are no boundaries to tell them apart.</returns>
    public static double? Quantile(double quantile, double[] boundaries, ReadOnlySpan<long> counts)
    {
        var all = Count(counts);
        if (all == 0 || boundaries.Length == 0)
        {
            return null;
        }

        var rank = quantile * all;
        var below = 0L;
        var bucket = 0;
        while (bucket < boundaries.Length && (below + counts[bucket] < rank || counts[bucket] == 0))
        {
            below += counts[bucket];
            bucket++;
        }

        if (bucket == boundaries.Length)
        {
            return boundaries[^1]; // All that is known of what lies above.
        }

        var upper = boundaries[bucket];
        if (bucket == 0 && upper <= 0)
        {
            return upper; // Nobody knows where that bucket begins.
        }

        var lower = bucket == 0 ? 0 : boundaries[bucket - 1];
        return lower + ((upper - lower) * Math.Max(0, rank - below) / counts[bucket]);
    }
}
