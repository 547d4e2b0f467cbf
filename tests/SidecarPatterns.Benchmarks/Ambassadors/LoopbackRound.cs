namespace SidecarPatterns.Benchmarks;

/// <summary>What one round over the loopback says of one client: requests a second, and latencies in milliseconds.</summary>
internal readonly record struct LoopbackRound(double Rate, double P50, double P99, double P999)
{
    public static LoopbackRound Of(IEnumerable<double> latencies, TimeSpan taken)
    {
        double[] sorted = [.. latencies.Order()];
        return new(sorted.Length / taken.TotalSeconds, sorted[sorted.Length / 2], sorted[(int)(sorted.Length * 0.99)], sorted[(int)(sorted.Length * 0.999)]);
    }
}
