namespace SidecarPatterns.Benchmarks;

/// <summary>What <see cref="CallTally"/> has counted.</summary>
internal sealed record CallCounts(long Calls, long Succeeded, long Failed, long Cancelled, long Refused);
