using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>What a whole call costs with each way to make it, over a stub that is always good.</summary>
internal static class CallCosts
{
    private static readonly (string Name, Func<HttpMessageHandler, HttpClient> Create)[] Ways =
    [
        ("plain handler", Clients.Bare), ("IHttpClientFactory alone", Clients.Plain), ("AddStandardResilienceHandler", Clients.Standard),
        ("AddStandardHedgingHandler", Clients.Hedging), ("bare Polly, same strategies", Clients.Polly), ("ambassador", Clients.Ours),
    ];

    /// <returns>The lines of a table.</returns>
    public static IEnumerable<string> Measure(int calls, TimeSpan time)
    {
        Sample[] complete = Measure(suspends: false, calls, time / 2);
        Sample[] suspending = Measure(suspends: true, calls, time / 2);
        yield return "| a call over a stub | complete at once, ns | B | suspending, ns | B |";
        yield return "| --- | ---: | ---: | ---: | ---: |";
        for (int i = 0; i < Ways.Length; i++)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"| {Ways[i].Name} | {complete[i].Nanoseconds:#,0} | {complete[i].Bytes:#,0} | {suspending[i].Nanoseconds:#,0} | {suspending[i].Bytes:#,0} |");
        }

        yield return "";
    }

    private static Sample[] Measure(bool suspends, int calls, TimeSpan time)
    {
        IContender[] contenders =
            [.. Ways.Select(way => new CallingContender(way.Create(new StubServer(suspends, Answers.Good)), CallEnd.Success))];
        IReadOnlyList<Sample[]> rounds = InterleavedRounds.Take(contenders, calls, time);
        Array.ForEach(contenders, static contender => contender.Dispose());
        return [.. Ways.Select((_, way) => AddedResult.MedianOf([.. rounds.Select(round => round[way])]))];
    }
}
