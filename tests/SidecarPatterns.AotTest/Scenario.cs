namespace SidecarPatterns.AotTest;

/// <summary>One thing that must work in a program compiled ahead of time; it fails by throwing.</summary>
internal sealed record Scenario(string Name, Func<Task> RunAsync);
