namespace SidecarPatterns.Benchmarks;

/// <summary>
/// What becomes of the cost of a message when there is more of everything, beside bare channels, blocks of the same concurrency, and the circuit of a lone
/// endpoint.
/// </summary>
internal sealed class GrowthPart : Part
{
    private const double Flat = 2;

    public override string Name => "growth";

    public override string Measured => "medians of interleaved rounds, per message or pick; the peer: bare channels, blocks of the same concurrency, the circuit of a lone endpoint";

    public override IReadOnlyList<Row> Rows { get; } = [.. GrowthSeries.All.SelectMany(static series => series.Points).Select(static point => point.Row)];

    /// <summary>
    /// No slower than the peer that does the same; and flat where more is no more work. The CPU says it, which other work on the machine stretches less than
    /// the time.
    /// </summary>
    public override void Judge(IReadOnlyList<RowResult> rows, Goals goals)
    {
        foreach (GrowthSeries series in GrowthSeries.All)
        {
            RowResult[] results = [.. series.Points.Select(point => rows.First(row => row.Name == point.Row.Name))];
            if (series.Name == GrowthSeries.Endpoints)
                goals.AtMost($"{results[^1].Name}, beside {results[1].Name}: CPU", Flat, results[^1].Ours.CpuNanoseconds / results[1].Ours.CpuNanoseconds);
            else
                Array.ForEach(results, row => goals.AtMost($"{row.Name}: of the peer's time", 1, row.Ratio));

            if (series.Name == GrowthSeries.Concurrency)
                goals.AtMost($"{results[^1].Name}, beside {results[0].Name}: CPU", Flat, results[^1].Ours.CpuNanoseconds / results[0].Ours.CpuNanoseconds);
        }
    }

    public override IReadOnlyList<string> MeasureBesideTable(Goals goals) => [.. GrowthSeries.All.Select(static series => $"{series.Name}: {series.Why}")];
}
