namespace SidecarPatterns.Benchmarks;

/// <summary>What stands between a call and its server beside the ambassador's handler: the pick of an endpoint, and its address.</summary>
/// <remarks>The peer of a pick is the circuit of a lone endpoint: the ratio says what several cost more than one.</remarks>
internal sealed class NetworkPart : Part
{
    private const int Many = 1_000_000;
    private const int Calls = 3_200;

    private static readonly TimeSpan StagesTime = TimeSpan.FromSeconds(24);

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

    public override TimeSpan TimeBesideTable => StagesTime;

    /// <summary>Beside the picks: each stage in the way of a call, and whether the success path keeps its ratio with the stages in its way.</summary>
    public override IReadOnlyList<string> MeasureBesideTable()
    {
        TimeSpan share = StagesTime / 4;
        AddedTable.WriteHeader(Console.Out);
        foreach (bool suspends in (bool[])[false, true])
        {
            AddedTable.Write(
                Console.Out,
                new AddedRow(
                    suspends ? "3 endpoints, credential, suspending" : "3 endpoints, credential",
                    Calls,
                    () => new CallingContender(WithKey(Clients.Plain(new StubServer(suspends, Answers.Good))), CallEnd.Success),
                    () => new CallingContender(Clients.Ours(new StubServer(suspends, Answers.Good), StageCosts.EndpointsAndCredential), CallEnd.Success),
                    () => new CallingContender(WithKey(Clients.Standard(new StubServer(suspends, Answers.Good))), CallEnd.Success)).Run(share));
        }

        return [.. StageCosts.Measure(suspends: false, Calls, share), .. StageCosts.Measure(suspends: true, Calls, share)];
    }

    /// <summary>The others send the same header: it is not what the ambassador adds.</summary>
    private static HttpClient WithKey(HttpClient client)
    {
        client.DefaultRequestHeaders.Add("X-Api-Key", "key");
        return client;
    }

    private static Row Pick(string name, int endpoints, bool hasWeights = false) =>
        new(name, Many, () => new PickContender(endpoints, hasWeights), static () => new CircuitContender());
}
