namespace SidecarPatterns.Benchmarks;

/// <summary>What a soak has shown.</summary>
/// <param name="Samples">All of them, those of the warm-up left out.</param>
/// <param name="Messages">The account of each sidecar at the end.</param>
/// <param name="Calls">The ambassador's.</param>
/// <param name="Broken">The laws that do not hold.</param>
/// <param name="Tallies">What the application has counted.</param>
/// <param name="Time">How long the load lasted, the warm-up included.</param>
internal sealed record SoakResult(
    IReadOnlyList<SoakSample> Samples, IReadOnlyList<MessageAccount> Messages, CallAccount Calls, IReadOnlyList<string> Broken, SoakTallies Tallies, TimeSpan Time)
{
    public IReadOnlyList<SoakGrowth> Growths { get; } = [.. SoakMeasure.All.Select(measure => new SoakGrowth(measure, Samples))];

    public bool IsGood => Broken.Count == 0 && Growths.All(static growth => growth.IsWithin);
}
