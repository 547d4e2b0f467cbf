namespace SidecarPatterns.Benchmarks;

/// <summary>What stands between a call and its server beside the ambassador's handler: the pick of an endpoint, and its address.</summary>
/// <remarks>The peer of a pick is the circuit of a lone endpoint: the ratio says what several cost more than one.</remarks>
internal sealed class NetworkPart : Part
{
    private const int Many = 1_000_000;
    private const int Calls = 3_200;
    private const string FewName = "pick among 3";
    private const string ManyName = "pick among 1,000";
    private const string AddressName = "address of a request";

    private static readonly TimeSpan StagesTime = TimeSpan.FromSeconds(24);

    public override string Name => "network";

    public override IReadOnlyList<Row> Rows { get; } =
    [
        Pick("pick, 1 endpoint", 1),
        Pick(FewName, 3),
        Pick("pick among 20", 20),
        Pick(ManyName, 1_000),
        Pick("pick among 1,000, of five weights", 1_000, hasWeights: true),
        new(AddressName, Many / 4, static () => new CombineContender(isOurs: true), static () => new CombineContender(isOurs: false)),
    ];

    public override TimeSpan TimeBesideTable => StagesTime;

    /// <summary>Beside the picks: each stage in the way of a call, and whether the success path keeps its ratio with the stages in its way.</summary>
    public override IReadOnlyList<string> MeasureBesideTable(Goals goals)
    {
        TimeSpan share = StagesTime / 4;
        AddedTable.WriteHeader(Console.Out);
        foreach (bool suspends in (bool[])[false, true])
        {
            AddedResult added = new AddedRow(
                suspends ? "3 endpoints, credential, suspending" : "3 endpoints, credential",
                Calls,
                () => new CallingContender(WithKey(Clients.Plain(new StubServer(suspends, Answers.Good))), CallEnd.Success),
                () => new CallingContender(Clients.Ours(new StubServer(suspends, Answers.Good), StageCosts.EndpointsAndCredential), CallEnd.Success),
                () => new CallingContender(WithKey(Clients.Standard(new StubServer(suspends, Answers.Good))), CallEnd.Success)).Run(share);
            AddedTable.Write(Console.Out, added);
            goals.AtMost($"{added.Name}: of the time that the standard handler adds", AmbassadorPart.GoalTime, added.TimeRatio);
            goals.AtMost($"{added.Name}: of the bytes that it adds", AmbassadorPart.GoalBytes, added.BytesRatio);
        }

        Console.WriteLine();
        return [.. StageCosts.Measure(suspends: false, Calls, share), .. StageCosts.Measure(suspends: true, Calls, share)];
    }

    /// <summary>Two are looked at, however many there are: what a pick costs more among many is what the processor's caches miss.</summary>
    public override void Judge(IReadOnlyList<RowResult> rows, Goals goals)
    {
        double few = rows.First(static row => row.Name == FewName).Ours.Nanoseconds;
        goals.AtMost("pick among 1,000, beside one among 3", 2, rows.First(static row => row.Name == ManyName).Ours.Nanoseconds / few);
        goals.AtMost("address of a request: of a UriBuilder's time", 1, rows.First(static row => row.Name == AddressName).Ratio);
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
