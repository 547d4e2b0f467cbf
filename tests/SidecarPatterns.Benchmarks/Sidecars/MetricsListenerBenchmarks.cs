namespace SidecarPatterns.Benchmarks;

/// <summary>From publisher to handler while somebody listens to our instruments.</summary>
public class MetricsListenerBenchmarks : RowBenchmarks
{
    private protected override Row CreateRow() => SidecarRows.PublishWithListener();
}
