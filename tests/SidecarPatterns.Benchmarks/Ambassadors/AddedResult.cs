namespace SidecarPatterns.Benchmarks;

/// <summary>What the rounds of an <see cref="AddedRow"/> say.</summary>
internal sealed class AddedResult(string name, IReadOnlyList<Sample[]> rounds)
{
    public string Name { get; } = name;

    public Sample Plain { get; } = MedianOf([.. rounds.Select(static round => round[0])]);

    public Sample Ours { get; } = MedianOf([.. rounds.Select(static round => round[1])]);

    public Sample Peer { get; } = MedianOf([.. rounds.Select(static round => round[2])]);

    /// <summary>What ours adds over what the peer adds, in time: the median of the rounds' own.</summary>
    public double TimeRatio { get; } = MedianOf(rounds.Select(static round =>
        (round[1].Nanoseconds - round[0].Nanoseconds) / (round[2].Nanoseconds - round[0].Nanoseconds)));

    /// <summary>The same in bytes.</summary>
    public double BytesRatio { get; } = MedianOf(rounds.Select(static round => (round[1].Bytes - round[0].Bytes) / (round[2].Bytes - round[0].Bytes)));

    public static Sample MedianOf(IReadOnlyList<Sample> samples) => new(
        MedianOf(samples.Select(static sample => sample.Nanoseconds)),
        MedianOf(samples.Select(static sample => sample.Bytes)),
        MedianOf(samples.Select(static sample => sample.CpuNanoseconds)));

    public static double MedianOf(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
