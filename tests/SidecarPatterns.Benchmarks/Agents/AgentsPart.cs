namespace SidecarPatterns.Benchmarks;

/// <summary>The stock sidecars beside what people use now.</summary>
internal sealed class AgentsPart : Part
{
    public override string Name => "agents";

    public override string Measured => "medians of interleaved rounds, per call";

    public override IReadOnlyList<Row> Rows { get; } = [.. MetricsRows.All, .. ConfigurationRows.All];

    public override TimeSpan TimeBesideTable => LoggingRows.Time;

    public override IReadOnlyList<string> MeasureBesideTable() => LoggingRows.Measure();
}
