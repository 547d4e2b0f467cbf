namespace SidecarPatterns.AotTest;

/// <summary>The scenarios, in the order in which they run.</summary>
internal static class Scenarios
{
    public static IReadOnlyList<Scenario> All { get; } = [];
}
