using System.Threading.Channels;
using BenchmarkDotNet.Attributes;

namespace SidecarPatterns.Benchmarks;

/// <summary>A publisher that never waits, and a queue that drops.</summary>
public class FullModeBenchmarks : RowBenchmarks
{
    /// <summary>Which message a full queue drops.</summary>
    [Params(BoundedChannelFullMode.DropOldest, BoundedChannelFullMode.DropNewest, BoundedChannelFullMode.DropWrite)]
    public BoundedChannelFullMode FullMode { get; set; }

    private protected override Row CreateRow() => SidecarRows.Publish(FullMode);
}
