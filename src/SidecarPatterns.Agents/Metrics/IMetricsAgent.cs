namespace SidecarPatterns;

/// <summary>What the metrics agent knows: the last snapshots, and answers to questions about them. Inject it where a page or a policy needs numbers.</summary>
/// <remarks>
/// <para>Thread-safe. Queries read the snapshots that were taken at the interval, take no lock and disturb nobody who measures.</para>
/// <para>
/// A query names an instrument, without regard to case, and means all series that its filter admits. Where several meters have an instrument of that name, the
/// one that
/// was published first is meant, and others add to it if they have the same kind, unit and buckets; <see cref="MetricFilter.Meter"/> says which one otherwise.
/// </para>
/// </remarks>
public interface IMetricsAgent
{
    /// <summary>The last snapshot that was taken at the interval.</summary>
    /// <value>One without instruments before the agent has started.</value>
    MetricsSnapshot Current { get; }

    /// <summary>The last snapshots that were taken at the interval, oldest first: at most <see cref="MetricsAgentOptions.History"/>.</summary>
    IReadOnlyList<MetricsSnapshot> History { get; }

    /// <summary>Takes a snapshot now, for an endpoint that is asked for fresh numbers; it is neither kept nor handed over.</summary>
    /// <returns>The snapshot; one without instruments before the agent has started.</returns>
    /// <remarks>The callbacks of observable instruments run on the calling thread. Calls wait for each other.</remarks>
    /// <exception cref="InvalidOperationException">It is called from such a callback.</exception>
    MetricsSnapshot Collect();

    /// <summary>
    /// What an instrument showed in <see cref="Current"/>: the sum over all series of a counter, the number of measurements of a histogram, the value of a
    /// gauge.
    /// </summary>
    /// <param name="instrument">The name of the instrument.</param>
    /// <param name="filter">Which series; by default all.</param>
    /// <returns>The value, or <see langword="null"/> if there is none, or if several series of a gauge are meant, which do not add up.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="instrument"/> is <see langword="null"/>.</exception>
    double? GetValue(string instrument, MetricFilter? filter = null);

    /// <summary>
    /// By how much an instrument changed in a second: what a counter counted, how many measurements a histogram took, the slope of the others.
    /// </summary>
    /// <param name="instrument">The name of the instrument.</param>
    /// <param name="window">
    /// How far back to look from <see cref="Current"/>: to the oldest snapshot within that time, and at least to the one before. Where that is not kept, as far
    /// as there are snapshots.
    /// </param>
    /// <param name="filter">Which series; by default all.</param>
    /// <returns>The rate, or <see langword="null"/> if there is no such instrument, only one snapshot, or if several series of a gauge are meant.</returns>
    /// <remarks>
    /// Exactly what was counted between two snapshots, by the time between them: nothing is extrapolated. A series that appears counts from zero; that of an
    /// observable
    /// counter from its first value, since nobody knows when it was counted. A counter that falls has begun anew.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="instrument"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="window"/> is not above zero.</exception>
    double? GetRate(string instrument, TimeSpan window, MetricFilter? filter = null);

    /// <summary>The value below which a part of a histogram's measurements lay, such as the 0.99 that most callers were answered within.</summary>
    /// <param name="instrument">The name of the instrument.</param>
    /// <param name="quantile">The part, from 0 to 1.</param>
    /// <param name="window">How far back to look, as in <see cref="GetRate"/>.</param>
    /// <param name="filter">Which series; by default all.</param>
    /// <returns>The value, or <see langword="null"/> if there is no such histogram, or no measurement in that time.</returns>
    /// <remarks>
    /// Interpolated within a bucket as if its measurements lay evenly in it, as Prometheus' <c>histogram_quantile</c> does: wrong by at most the width of the
    /// bucket.
    /// The first bucket begins at zero if it ends above; of measurements beyond the last boundary no more than that boundary is known, and it is returned.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="instrument"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="quantile"/> is not from 0 to 1, or <paramref name="window"/> is not above zero.
    /// </exception>
    double? GetQuantile(string instrument, double quantile, TimeSpan window, MetricFilter? filter = null);
}
