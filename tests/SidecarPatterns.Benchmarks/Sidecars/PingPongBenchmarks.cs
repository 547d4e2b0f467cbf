namespace SidecarPatterns.Benchmarks;

/// <summary>One message to and fro: the time of a round trip.</summary>
public class PingPongBenchmarks : RowBenchmarks
{
    private protected override Row CreateRow() => SidecarRows.PingPong();
}
