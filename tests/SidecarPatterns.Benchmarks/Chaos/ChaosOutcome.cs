namespace SidecarPatterns.Benchmarks;

/// <summary>What one life of a child has come to.</summary>
internal sealed record ChaosOutcome(ChaosPlan Plan, ServedCalls Served, IReadOnlyDictionary<string, int> Messages, TimeSpan EndTime, int Torn, int Laws, IReadOnlyList<string> Broken, string Errors);
