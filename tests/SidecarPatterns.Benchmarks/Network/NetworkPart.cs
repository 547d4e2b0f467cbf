namespace SidecarPatterns.Benchmarks;

/// <summary>What stands between a call and its server beside the ambassador's handler: the pick of an endpoint, and its address.</summary>
/// <remarks>The peer of a pick is the circuit of a lone endpoint: the ratio says what several cost more than one.</remarks>
internal sealed class NetworkPart : Part
{
    private const int Many = 1_000_000;

    public override string Name => "network";

    public override IReadOnlyList<Row> Rows { get; } =
    [
        Pick("pick, 1 endpoint", 1),
        Pick("pick among 3", 3),
        Pick("pick among 20", 20),
        Pick("pick among 1,000", 1_000),
        Pick("pick among 1,000, of five weights", 1_000, hasWeights: true),
        new("address of a request", Many / 4, static () => new CombineContender(isOurs: true), static () => new CombineContender(isOurs: false)),
    ];

    private static Row Pick(string name, int endpoints, bool hasWeights = false) =>
        new(name, Many, () => new PickContender(endpoints, hasWeights), static () => new CircuitContender());
}
