using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>What calls cost, and how often a server is asked for one, over a stub of whose answers none, one in a hundred, and three in ten are bad.</summary>
/// <remarks>Without pauses between attempts and with breakers that stay closed: what is seen is the clients' own work.</remarks>
internal static class StubCalls
{
    private const int CallsPerRound = 400;
    private const int Rounds = 41;

    private static readonly int[] Percents = [0, 1, 30];

    private static readonly (string Name, Func<HttpMessageHandler, HttpClient> Create)[] Ways =
    [
        ("plain", Clients.Plain), ("ambassador", Clients.Ours), ("standard", Clients.Standard), ("hedging", Clients.Hedging), ("polly", Clients.Polly),
    ];

    /// <returns>The lines of a table.</returns>
    public static IEnumerable<string> Measure(TimeSpan warmUp)
    {
        yield return "| % bad, stub | client | % good | calls/s | p50 us | p99 us | p99.9 us | requests/call | B a call |";
        yield return "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";
        foreach (int percent in Percents)
        {
            StubContender[] contenders = [.. Ways.Select(way => new StubContender(way.Create, percent))];
            Sample[] medians = Take(contenders, warmUp / Percents.Length);
            for (int i = 0; i < Ways.Length; i++)
            {
                StubContender way = contenders[i];
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {percent} | {Ways[i].Name} | {100 * way.Good:0.00} | {1e9 / medians[i].Nanoseconds:#,0} | {way.At(0.5):0.00} | {way.At(0.99):0.00} | {way.At(0.999):0.0} "
                        + $"| {way.RequestsPerCall:0.00} | {medians[i].Bytes:#,0} |");
                way.Dispose();
            }
        }

        yield return "";
        yield return "Over that stub nobody pauses between attempts, and no breaker opens. plain: the factory's client; hedging: its second request is its last. "
            + "The ambassador's retries keep within its budget: a tenth of the calls, and what retries that succeed give back. So it gives up some where three in ten are bad, as hedging does.";
    }

    private static Sample[] Take(StubContender[] contenders, TimeSpan warmUp)
    {
        var quiet = new JitQuiet(warmUp / 2, warmUp);
        do
        {
            foreach (StubContender contender in contenders)
                contender.RunAsync(CallsPerRound).GetAwaiter().GetResult();
        }
        while (!quiet.HasCome());

        int[] each = [.. contenders.Select(static _ => CallsPerRound)];
        foreach (StubContender contender in contenders)
            contender.Begin(CallsPerRound * Rounds);

        Sample[][] rounds = [.. Enumerable.Range(0, Rounds).Select(round => InterleavedRounds.TakeRound(contenders, each, round))];
        return [.. contenders.Select((_, i) => AddedResult.MedianOf([.. rounds.Select(round => round[i])]))];
    }
}
