namespace SidecarPatterns.Benchmarks;

/// <summary>What the samples say of one measure.</summary>
internal sealed class SoakGrowth
{
    private const int Quarters = 4;
    private const double FloorPart = 0.1;

    public SoakGrowth(SoakMeasure measure, IReadOnlyList<SoakSample> samples)
    {
        int quarter = Math.Max(1, samples.Count / Quarters);
        Measure = measure;
        double[] first = [.. samples.Take(quarter).Select(measure.Read).Order()];
        double[] last = [.. samples.TakeLast(quarter).Select(measure.Read).Order()];
        FirstMedian = At(first, 0.5);
        LastMedian = At(last, 0.5);
        FirstFloor = At(first, FloorPart);
        LastFloor = At(last, FloorPart);
        Max = samples.Max(measure.Read);
        SlopePerHour = SlopeOf(samples, measure.Read);
    }

    public SoakMeasure Measure { get; }

    public double FirstMedian { get; }

    public double LastMedian { get; }

    public double FirstFloor { get; }

    public double LastFloor { get; }

    public double Growth => LastFloor - FirstFloor;

    public double Max { get; }

    /// <summary>Of the line of least squares.</summary>
    public double SlopePerHour { get; }

    public double Allowed => Math.Max(Measure.Bound, Measure.Share * FirstFloor);

    public bool IsWithin => Growth <= Allowed;

    private static double At(double[] sorted, double part) => sorted[(int)(part * (sorted.Length - 1))];

    private static double SlopeOf(IReadOnlyList<SoakSample> samples, Func<SoakSample, double> read)
    {
        double time = samples.Average(static sample => sample.Time.TotalHours);
        double value = samples.Average(read);
        double across = samples.Sum(sample => (sample.Time.TotalHours - time) * (read(sample) - value));
        double square = samples.Sum(sample => (sample.Time.TotalHours - time) * (sample.Time.TotalHours - time));
        return square == 0 ? 0 : across / square;
    }
}
