namespace SidecarPatterns.Benchmarks;

/// <summary>A line of a journal.</summary>
internal readonly record struct JournalEntry(char What, string Sidecar, int Number, string Call);
