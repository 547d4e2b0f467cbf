using System.Collections.ObjectModel;

namespace SidecarPatterns;

/// <summary>What is known of an instrument, and stays: snapshots share it.</summary>
internal sealed class InstrumentInfo(
    StreamIdentity identity, MeterInfo meter, string name, string? unit, string? description, double[] boundaries, DateTimeOffset startTime)
{
    private PrometheusFamily? _family;
    private ReadOnlyCollection<double>? _readOnlyBoundaries;

    public StreamIdentity Identity { get; } = identity;

    public MeterInfo Meter { get; } = meter;

    public string Name { get; } = name;

    public string? Unit { get; } = unit;

    public string? Description { get; } = description;

    public DateTimeOffset StartTime { get; } = startTime;

    public MetricKind Kind => Identity.Kind;

    public double[] Boundaries { get; } = boundaries;

    public ReadOnlyCollection<double> ReadOnlyBoundaries => _readOnlyBoundaries ??= Array.AsReadOnly(Boundaries);

    /// <summary>How many numbers a series has: one, or the counts of its buckets and the bits of its sum.</summary>
    public int Slots { get; } = identity.Kind == MetricKind.Histogram ? boundaries.Length + 2 : 1;

    /// <summary>How it stands in the text of Prometheus.</summary>
    public PrometheusFamily Family => _family ??= new PrometheusFamily(this);

    /// <summary>Whether the log says already that it has too many sets of tags; the agent's own.</summary>
    public bool IsOverflowTold { get; set; }

    /// <summary>Whether the log says already that it is left out of the text of Prometheus; the agent's own.</summary>
    public bool IsClashTold { get; set; }

    /// <summary>The value of a number that stands for itself, or for the bits of a real one.</summary>
    public double ToReal(long number) => Identity.IsWhole ? number : BitConverter.Int64BitsToDouble(number);
}
