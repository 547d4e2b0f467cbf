namespace SidecarPatterns.Benchmarks;

/// <summary>What becomes of the cost of a message when there is more of everything, beside bare channels, blocks of the same concurrency, and the circuit of a lone endpoint.</summary>
internal sealed class GrowthPart : Part
{
    public override string Name => "growth";

    public override IReadOnlyList<Row> Rows { get; } = [.. GrowthSeries.All.SelectMany(static series => series.Points).Select(static point => point.Row)];
}
