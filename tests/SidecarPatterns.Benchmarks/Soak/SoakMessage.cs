namespace SidecarPatterns.Benchmarks;

/// <summary>What the sidecars of the soak are given.</summary>
internal sealed record SoakMessage(int Number);
