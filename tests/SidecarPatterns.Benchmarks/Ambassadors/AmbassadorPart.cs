namespace SidecarPatterns.Benchmarks;

/// <summary>
/// What an ambassador adds to a call, beside what the standard handler of Microsoft.Extensions.Http.Resilience adds to it; and whole calls, over a stub and the
/// loopback, by that handler, by the hedging one, and by Polly's strategies alone.
/// </summary>
internal sealed class AmbassadorPart : Part
{
    /// <summary>
    /// The part of the standard handler's time that the design lets an ambassador add to calls that are answered at once or later; other rows are to be no
    /// worse than the peer's.
    /// </summary>
    public const double GoalTime = 0.25;

    /// <summary>The part of its bytes.</summary>
    public const double GoalBytes = 0.15;

    private const int Callers = 64;
    private const int Calls = Callers * 50;
    private const int RefusedCalls = Calls / 4; // An exception takes microseconds.
    private const int ToOpen = 400;

    /// <summary>The first row of each kind, at once and suspending, is run once more before it counts: by then the JIT has been through it.</summary>
    private const int WarmUps = 2;

    // More than other parts have: three sides in place of two, and sockets.
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(66);
    private static readonly TimeSpan LoopbackTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StubWarmUp = TimeSpan.FromSeconds(5);

    private static readonly CancellationTokenSource Caller = new();

    private static readonly IReadOnlyList<AddedRow> Added =
    [
        Row("ambassador, success", suspends: false, Answers.Good),
        Row("ambassador, success, suspending", suspends: true, Answers.Good),
        Row("ambassador, caller's token", suspends: true, Answers.Good, ct: Caller.Token),
        Row("ambassador, chunked 2 KB response", suspends: true, Answers.Chunked),
        Row("ambassador, 1 % retried", suspends: true, Answers.OneInHundredFails, plainEnd: CallEnd.Response),

        // Over a plain client whose calls end with an exception as well: what is added is the handler's own.
        OpenRow("ambassador, circuit open", static () => new CallingContender(Clients.Plain(new StubServer(false, Answers.None)), CallEnd.Refusal)),

        // Over the same stub as all rows: what is added is then, of ours and of the peer's alike, what the client and its caller pay for any exception.
        OpenRow("same, beside a plain call answered", static () => new CallingContender(Clients.Plain(new StubServer(false, Answers.Failure)), CallEnd.Response)),

        Row("ambassador, 64 callers", suspends: true, Answers.Good, callers: Callers),
    ];

    private static readonly HashSet<string> Held =
        ["ambassador, success", "ambassador, success, suspending", "ambassador, caller's token", "ambassador, 1 % retried", "ambassador, 64 callers"];

    public override string Name => "ambassador";

    public override string Measured => "medians of interleaved rounds, per call; ratio: of what ours adds to what the peer adds";

    public override TimeSpan TimeBesideTable => Time;

    public override IReadOnlyList<string> MeasureBesideTable(Goals goals)
    {
        AddedTable.WriteHeader(Console.Out);
        TimeSpan share = (Time - LoopbackTime - StubWarmUp) / (Added.Count + WarmUps + 2);
        foreach (AddedRow row in Added.Take(WarmUps))
            _ = row.Run(share);

        foreach (AddedRow row in Added)
        {
            AddedResult result = row.Run(share);
            AddedTable.Write(Console.Out, result);
            bool isHeld = Held.Contains(row.Name);
            goals.AtMost($"{row.Name}: of the time that the standard handler adds", isHeld ? GoalTime : 1, result.TimeRatio);
            goals.AtMost($"{row.Name}: of the bytes that it adds", isHeld ? GoalBytes : 1, result.BytesRatio);
        }

        Console.WriteLine();
        return [.. CallCosts.Measure(Calls, share * 2), .. StubCalls.Measure(StubWarmUp), .. LoopbackRounds.Run(LoopbackTime)];
    }

    private static AddedRow Row(
        string name, bool suspends, Func<int, HttpResponseMessage> answer, CallEnd plainEnd = CallEnd.Success, int callers = 1, CancellationToken ct = default) => new(
        name,
        Calls,
        () => new CallingContender(Clients.Plain(new StubServer(suspends, answer)), plainEnd, callers, ct),
        () => new CallingContender(Clients.Ours(new StubServer(suspends, answer)), CallEnd.Success, callers, ct),
        () => new CallingContender(Clients.Standard(new StubServer(suspends, answer)), CallEnd.Success, callers, ct));

    private static AddedRow OpenRow(string name, Func<IContender> plain) =>
        new(name, RefusedCalls, plain, static () => Opened(Clients.Ours), static () => Opened(Clients.Standard));

    private static CallingContender Opened(Func<HttpMessageHandler, HttpClient> create)
    {
        HttpClient client = create(new StubServer(false, Answers.Failure));
        for (int i = 0; i < ToOpen; i++)
        {
            try
            {
                client.GetAsync(new Uri("http://localhost/items")).GetAwaiter().GetResult().Dispose();
            }
            catch (Exception exception) when (exception is AmbassadorCircuitOpenException or Polly.CircuitBreaker.BrokenCircuitException)
            {
                break;
            }
        }

        return new CallingContender(client, CallEnd.Refusal);
    }
}
