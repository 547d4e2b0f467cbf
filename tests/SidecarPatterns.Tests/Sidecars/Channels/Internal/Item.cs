namespace SidecarPatterns.Tests;

/// <summary>A message that says who published it, and as which of its own.</summary>
internal sealed record Item(int Producer, int Number);
