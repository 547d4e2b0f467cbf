namespace SidecarPatterns.Benchmarks;

/// <summary>The stock sidecars beside what people use now.</summary>
internal sealed class AgentsPart : Part
{
    public override string Name => "agents";

    public override string Measured => "medians of interleaved rounds, per call";

    public override IReadOnlyList<Row> Rows { get; } = [.. MetricsRows.All, .. ConfigurationRows.All];

    public override TimeSpan TimeBesideTable => LoggingRows.Time;

    /// <summary>No slower than the peer.</summary>
    public override void Judge(IReadOnlyList<RowResult> rows, Goals goals)
    {
        foreach (RowResult row in rows)
            goals.AtMost($"{row.Name}: of the peer's time", 1, row.Ratio);
    }

    public override IReadOnlyList<string> MeasureBesideTable(Goals goals) => LoggingRows.Measure(goals);
}
