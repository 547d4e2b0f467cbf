namespace SidecarPatterns.Benchmarks;

/// <summary>What the samples say of one measure.</summary>
internal sealed class SoakGrowth
{
    private const int Quarters = 4;

    public SoakGrowth(SoakMeasure measure, IReadOnlyList<SoakSample> samples)
    {
        int quarter = Math.Max(1, samples.Count / Quarters);
        Measure = measure;
        First = MedianOf(samples.Take(quarter).Select(measure.Read));
        Last = MedianOf(samples.TakeLast(quarter).Select(measure.Read));
        Max = samples.Max(measure.Read);
        SlopePerHour = SlopeOf(samples, measure.Read);
    }

    public SoakMeasure Measure { get; }

    public double First { get; }

    public double Last { get; }

    public double Max { get; }

    /// <summary>Of the line of least squares.</summary>
    public double SlopePerHour { get; }

    public double Allowed => Math.Max(Measure.Bound, Measure.Share * First);

    public bool IsWithin => Last - First <= Allowed;

    private static double MedianOf(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static double SlopeOf(IReadOnlyList<SoakSample> samples, Func<SoakSample, double> read)
    {
        double time = samples.Average(static sample => sample.Time.TotalHours);
        double value = samples.Average(read);
        double across = samples.Sum(sample => (sample.Time.TotalHours - time) * (read(sample) - value));
        double square = samples.Sum(sample => (sample.Time.TotalHours - time) * (sample.Time.TotalHours - time));
        return square == 0 ? 0 : across / square;
    }
}
