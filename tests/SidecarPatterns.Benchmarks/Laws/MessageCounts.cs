namespace SidecarPatterns.Benchmarks;

/// <summary>What <see cref="MessageTally"/> has counted.</summary>
internal sealed record MessageCounts(long Accepted, long Refused, long Handled, long Evicted, long Dropped, bool MayRepeat);
