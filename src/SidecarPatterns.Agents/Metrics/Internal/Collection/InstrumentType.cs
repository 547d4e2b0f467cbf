using System.Diagnostics.Metrics;

namespace SidecarPatterns;

/// <summary>What kind of instrument one is, with the boundaries that it advises.</summary>
/// <param name="Kind">What its numbers mean.</param>
/// <param name="IsWhole">Whether they are whole.</param>
/// <param name="IsObserved">Whether they are asked for, instead of told.</param>
/// <param name="Boundaries">The boundaries of a histogram's buckets.</param>
internal readonly record struct InstrumentType(MetricKind Kind, bool IsWhole, bool IsObserved, double[] Boundaries)
{
    /// <returns><see langword="null"/> for an instrument of somebody's own making.</returns>
    public static InstrumentType? Of(Instrument instrument) =>
        Of<long>(instrument, isWhole: true)
        ?? Of<double>(instrument, isWhole: false)
        ?? Of<int>(instrument, isWhole: true)
        ?? Of<float>(instrument, isWhole: false)
        ?? Of<decimal>(instrument, isWhole: false)
        ?? Of<short>(instrument, isWhole: true)
        ?? Of<byte>(instrument, isWhole: true);

    private static InstrumentType? Of<T>(Instrument instrument, bool isWhole)
        where T : struct
    {
        return instrument switch
        {
            Counter<T> => new InstrumentType(MetricKind.Counter, isWhole, IsObserved: false, []),
            UpDownCounter<T> => new InstrumentType(MetricKind.UpDownCounter, isWhole, IsObserved: false, []),
            Gauge<T> => new InstrumentType(MetricKind.Gauge, isWhole, IsObserved: false, []),
            Histogram<T> histogram => new InstrumentType(MetricKind.Histogram, isWhole, IsObserved: false, BoundariesOf(histogram)),
            ObservableCounter<T> => new InstrumentType(MetricKind.Counter, isWhole, IsObserved: true, []),
            ObservableUpDownCounter<T> => new InstrumentType(MetricKind.UpDownCounter, isWhole, IsObserved: true, []),
            ObservableGauge<T> => new InstrumentType(MetricKind.Gauge, isWhole, IsObserved: true, []),
            _ => null,
        };
    }

    private static double[] BoundariesOf<T>(Histogram<T> histogram)
        where T : struct =>
        histogram.Advice?.HistogramBucketBoundaries is { } advised
            ? [.. advised.Select(static bound => Convert.ToDouble(bound, System.Globalization.CultureInfo.InvariantCulture)).Where(double.IsFinite)]
            : MetricsAgentConstants.DefaultBoundaries;
}
