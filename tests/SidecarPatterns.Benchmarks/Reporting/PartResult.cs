namespace SidecarPatterns.Benchmarks;

/// <summary>What has been measured of a part.</summary>
/// <param name="Part">The part.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Goals">What it had to reach.</param>
/// <param name="Failures">How much of it could not be measured.</param>
internal sealed record PartResult(Part Part, IReadOnlyList<RowResult> Rows, IReadOnlyList<Goal> Goals, int Failures);
