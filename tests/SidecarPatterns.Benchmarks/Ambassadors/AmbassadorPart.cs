using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>What an ambassador adds to a call, beside what the standard handler of Microsoft.Extensions.Http.Resilience adds to it.</summary>
internal sealed class AmbassadorPart : Part
{
    private const int Calls = 4_000;
    private const int ToOpen = 400;

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(54);
    private static readonly TimeSpan LoopbackTime = TimeSpan.FromSeconds(25);

    private static readonly CancellationTokenSource Caller = new();

    private static readonly IReadOnlyList<AddedRow> Added =
    [
        Row("ambassador, success", suspends: false, Answers.Good),
        Row("ambassador, success, suspending", suspends: true, Answers.Good),
        Row("ambassador, caller's token", suspends: true, Answers.Good, ct: Caller.Token),
        Row("ambassador, chunked 2 KB response", suspends: true, Answers.Chunked),
        Row("ambassador, 1 % retried", suspends: true, Answers.OneInHundredFails),
        new(
            "ambassador, circuit open",
            static () => new CallingContender(Clients.Plain(new StubServer(false, Answers.None)), callers: 1, default, expectsRefusal: true), // What the client itself throws is no addition.
            static () => Opened(Clients.Ours),
            static () => Opened(Clients.Standard)),
        Row("ambassador, 64 callers", suspends: true, Answers.Good, callers: 64),
    ];

    public override string Name => "ambassador";

    public override IReadOnlyList<Row> Rows => [];

    public override TimeSpan TimeBesideTable => Time;

    public override IReadOnlyList<string> MeasureBesideTable()
    {
        AddedTable.WriteHeader(Console.Out);
        TimeSpan share = (Time - LoopbackTime) / (Added.Count + 2);
        foreach (AddedRow row in Added)
            AddedTable.Write(Console.Out, row.Run(Calls, share));

        return
        [
            .. DescribeAll(suspends: false, share),
            .. DescribeAll(suspends: true, share),
            .. LoopbackRounds.Run(LoopbackTime),
        ];
    }

    private static AddedRow Row(string name, bool suspends, Func<int, HttpResponseMessage> answer, int callers = 1, CancellationToken ct = default) => new(
        name,
        () => new CallingContender(Clients.Plain(new StubServer(suspends, answer)), callers, ct),
        () => new CallingContender(Clients.Ours(new StubServer(suspends, answer)), callers, ct),
        () => new CallingContender(Clients.Standard(new StubServer(suspends, answer)), callers, ct));

    private static CallingContender Opened(Func<HttpMessageHandler, HttpClient> create)
    {
        var contender = new CallingContender(create(new StubServer(false, Answers.Failure)), callers: 1, default, expectsRefusal: true);
        contender.RunAsync(ToOpen).GetAwaiter().GetResult();
        return contender;
    }

    /// <summary>The cost of a call with each way to make it.</summary>
    private static IEnumerable<string> DescribeAll(bool suspends, TimeSpan time)
    {
        (string Name, Func<HttpMessageHandler, HttpClient> Create)[] clients =
        [
            ("handler alone", Clients.Bare), ("IHttpClientFactory", Clients.Plain), ("AddStandardResilienceHandler", Clients.Standard),
            ("bare Polly, same strategies", Clients.Polly), ("ours", Clients.Ours),
        ];
        foreach ((string name, Func<HttpMessageHandler, HttpClient> create) in clients)
        {
            using var contender = new CallingContender(create(new StubServer(suspends, Answers.Good)), callers: 1, default);
            Sample sample = AddedRow.MedianOf(contender, Calls, time / clients.Length);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"a call, {(suspends ? "suspending" : "complete at once")}, {name}: {sample.Nanoseconds:0} ns, {sample.Bytes:0} B");
        }
    }
}
