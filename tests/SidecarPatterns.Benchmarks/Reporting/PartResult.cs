namespace SidecarPatterns.Benchmarks;

/// <summary>What has been measured of a part.</summary>
/// <param name="Part">The part.</param>
/// <param name="Rows">Its rows.</param>
internal sealed record PartResult(Part Part, IReadOnlyList<RowResult> Rows);
