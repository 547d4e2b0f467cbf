namespace SidecarPatterns.Benchmarks;

/// <summary>What a part is to reach, and what was measured.</summary>
/// <param name="What">What it is, with its limit.</param>
/// <param name="Figure">What was measured.</param>
/// <param name="IsMet">Whether that is within the limit.</param>
internal sealed record Goal(string What, string Figure, bool IsMet);
