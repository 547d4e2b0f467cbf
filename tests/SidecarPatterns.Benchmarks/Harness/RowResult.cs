namespace SidecarPatterns.Benchmarks;

/// <summary>What the rounds of a row say.</summary>
internal sealed class RowResult(string name, IReadOnlyList<Round> rounds, IReadOnlyList<string> notes)
{
    public string Name { get; } = name;

    public Sample Ours { get; } = MedianOf([.. rounds.Select(round => round.Ours)]);

    public Sample Peer { get; } = MedianOf([.. rounds.Select(round => round.Peer)]);

    /// <summary>The median of the rounds' ratios, which is not the ratio of the medians.</summary>
    public double Ratio { get; } = MedianOf(rounds.Select(round => round.Ratio));

    /// <summary>Lines to print below the table.</summary>
    public IReadOnlyList<string> Notes { get; } = notes;

    private static Sample MedianOf(Sample[] samples) => new(
        MedianOf(samples.Select(sample => sample.Nanoseconds)),
        MedianOf(samples.Select(sample => sample.Bytes)),
        MedianOf(samples.Select(sample => sample.CpuNanoseconds)));

    private static double MedianOf(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
