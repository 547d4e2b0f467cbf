namespace SidecarPatterns.Benchmarks;

/// <summary>A publisher that has to wait, for the handler takes a microsecond.</summary>
public class NearlyFullBenchmarks : RowBenchmarks
{
    private protected override Row CreateRow() => SidecarRows.NearlyFull();
}
