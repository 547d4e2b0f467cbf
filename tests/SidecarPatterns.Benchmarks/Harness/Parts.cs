namespace SidecarPatterns.Benchmarks;

/// <summary>All parts that <c>--quick</c> knows, in the order in which they run.</summary>
internal static class Parts
{
    public static IReadOnlyList<Part> All { get; } =
    [
        new SidecarsPart(), new DispatchPart(), new GovernorPart(), new AmbassadorPart(), new NetworkPart(), new SimulationPart(), new AgentsPart(), new PeersPart(), new GrowthPart(),
        new FaultsPart(), new AotPart(),
    ];

    public static Part? Find(string name) =>
        All.FirstOrDefault(part => part.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
