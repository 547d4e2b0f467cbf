using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>What a whole call costs with each way to make it.</summary>
internal static class CallCosts
{
    private static readonly (string Name, Func<HttpMessageHandler, HttpClient> Create)[] Ways =
    [
        ("plain handler", Clients.Bare), ("IHttpClientFactory alone", Clients.Plain), ("AddStandardResilienceHandler", Clients.Standard),
        ("bare Polly, same strategies", Clients.Polly), ("ours", Clients.Ours),
    ];

    /// <returns>The lines to print.</returns>
    public static IEnumerable<string> Measure(bool suspends, int calls, TimeSpan time)
    {
        IContender[] contenders =
            [.. Ways.Select(way => new CallingContender(way.Create(new StubServer(suspends, Answers.Good)), CallEnd.Success))];
        IReadOnlyList<Sample[]> rounds = InterleavedRounds.Take(contenders, calls, time);

        for (int i = 0; i < Ways.Length; i++)
        {
            int way = i;
            Sample sample = AddedResult.MedianOf([.. rounds.Select(round => round[way])]);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"a call, {(suspends ? "suspending" : "complete at once")}, {Ways[i].Name}: {sample.Nanoseconds:0} ns, {sample.Bytes:0} B");
            contenders[i].Dispose();
        }
    }
}
