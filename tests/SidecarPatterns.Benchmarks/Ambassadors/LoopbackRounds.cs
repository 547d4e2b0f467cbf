using System.Diagnostics;
using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Calls over real sockets, in interleaved rounds: how many a second, and how long the slowest hundredth takes.</summary>
internal static class LoopbackRounds
{
    private const int Rounds = 31;
    private const int Slices = 8;
    private const int Callers = 16;
    private const int Seed = 1;
    private const double WarmUpShare = 0.3; // As long as the JIT still improves what is called.

    /// <summary>
    /// The plain client stands there twice: how far its ratio to itself is from one is the noise of the run, below which no other ratio says anything.
    /// </summary>
    private static readonly (string Name, Func<HttpMessageHandler, HttpClient> Create)[] Contenders =
    [
        ("plain", Clients.Plain), ("ambassador", Clients.Ours), ("standard", Clients.Standard), ("hedging", Clients.Hedging), ("polly", Clients.Polly),
        ("plain again", Clients.Plain),
    ];

    public static IEnumerable<string> Run(TimeSpan time)
    {
        using var server = LoopbackServer.Start();
        // Below an ambassador nobody else follows redirects; all alike.
        HttpClient[] clients = [.. Contenders.Select(static contender => contender.Create(new SocketsHttpHandler { AllowAutoRedirect = false }))];
        foreach (HttpClient client in clients)
            _ = SliceAsync(client, server.Address, time * WarmUpShare / clients.Length).GetAwaiter().GetResult();

        TimeSpan share = time * (1 - WarmUpShare) / (Rounds * Slices * clients.Length);
        var random = new Random(Seed);
        LoopbackRound[][] rounds = [.. Enumerable.Range(0, Rounds).Select(_ => TakeRound(clients, server.Address, share, random))];
        foreach (HttpClient client in clients)
            client.Dispose();

        return
        [
            string.Create(CultureInfo.InvariantCulture, $"| loopback, {Callers} callers | requests/s | of plain | p50 ms | of plain | p99 ms | of plain | p99.9 ms | of plain |"),
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            .. Contenders.Select((contender, i) => Describe(contender.Name, rounds, i)),
            "",
        ];
    }

    /// <summary>
    /// The clients take turns in slices so short that whatever else the machine does hits them alike, in an order of its own each time, and without the garbage
    /// of the one before: else one client would pay for the same other one in all rounds.
    /// </summary>
    private static LoopbackRound[] TakeRound(HttpClient[] clients, Uri address, TimeSpan time, Random random)
    {
        var latencies = clients.Select(static _ => new List<double>()).ToArray();
        var taken = new TimeSpan[clients.Length];
        int[] order = [.. Enumerable.Range(0, clients.Length)];
        for (int slice = 0; slice < Slices; slice++)
        {
            random.Shuffle(order);
            foreach (int next in order)
            {
                GC.Collect();
                var clock = Stopwatch.StartNew();
                latencies[next].AddRange(SliceAsync(clients[next], address, time).GetAwaiter().GetResult());
                taken[next] += clock.Elapsed;
            }
        }

        return [.. clients.Select((_, i) => LoopbackRound.Of(latencies[i], taken[i]))];
    }

    private static async Task<IEnumerable<double>> SliceAsync(HttpClient client, Uri address, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        List<double>[] latencies = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(client, address, clock, time))));
        return latencies.SelectMany(static mine => mine);
    }

    private static async Task<List<double>> CallAsync(HttpClient client, Uri address, Stopwatch clock, TimeSpan time)
    {
        List<double> latencies = [];
        while (clock.Elapsed < time)
        {
            long from = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
            response.EnsureSuccessStatusCode();
            latencies.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }

        return latencies;
    }

    /// <summary>Medians over the rounds; the ratios are those of each round, not those of the medians.</summary>
    private static string Describe(string name, LoopbackRound[][] rounds, int client)
    {
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {Median(static round => round.Rate):#,0} | {Ratio(static round => round.Rate):0.000} | {Median(static round => round.P50):0.000} | {Ratio(static round => round.P50):0.000} "
                + $"| {Median(static round => round.P99):0.000} | {Ratio(static round => round.P99):0.000} | {Median(static round => round.P999):0.000} | {Ratio(static round => round.P999):0.000} |");

        double Median(Func<LoopbackRound, double> select) => AddedResult.MedianOf(rounds.Select(round => select(round[client])));

        double Ratio(Func<LoopbackRound, double> select) => AddedResult.MedianOf(rounds.Select(round => select(round[client]) / select(round[0])));
    }
}
