using System.Diagnostics;
using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Calls over real sockets, in interleaved rounds: how many a second, and how long the slowest hundredth takes.</summary>
internal static class LoopbackRounds
{
    private const int Rounds = 31;
    private const int Callers = 16;
    private const double WarmUpShare = 0.3; // As long as the JIT still improves what is called.

    public static IEnumerable<string> Run(TimeSpan time)
    {
        using var server = LoopbackServer.Start();
        (string Name, HttpClient Client)[] clients =
        [
            ("plain", Clients.Plain(Network())), ("ours", Clients.Ours(Network())), ("peer", Clients.Standard(Network())),
        ];
        foreach ((_, HttpClient client) in clients)
            _ = RoundAsync(client, server.Address, time * WarmUpShare / clients.Length).GetAwaiter().GetResult();

        TimeSpan share = time * (1 - WarmUpShare) / (Rounds * clients.Length);
        var results = new (double Rate, double P99)[Rounds, clients.Length];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < clients.Length; i++)
            {
                int next = (i + round) % clients.Length;
                results[round, next] = RoundAsync(clients[next].Client, server.Address, share).GetAwaiter().GetResult();
            }
        }

        for (int i = 0; i < clients.Length; i++)
        {
            int client = i;
            double Median(Func<int, double> select) => AddedResult.MedianOf(Enumerable.Range(0, Rounds).Select(select));
            double rate = Median(round => results[round, client].Rate);
            double p99 = Median(round => results[round, client].P99);
            double rateRatio = Median(round => results[round, client].Rate / results[round, 0].Rate);
            double p99Ratio = Median(round => results[round, client].P99 / results[round, 0].P99);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"loopback, {Callers} callers, {clients[i].Name}: {rate:0} requests/s ({rateRatio:0.000} of plain), p99 {p99:0.000} ms ({p99Ratio:0.000} of plain)");
            clients[i].Client.Dispose();
        }
    }

    // Below an ambassador nobody else follows redirects; all three alike.
    private static SocketsHttpHandler Network() => new() { AllowAutoRedirect = false };

    private static async Task<(double Rate, double P99)> RoundAsync(HttpClient client, Uri address, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        List<double>[] latencies = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            List<double> mine = [];
            while (clock.Elapsed < time)
            {
                long from = Stopwatch.GetTimestamp();
                using HttpResponseMessage response = await client.GetAsync(address);
                mine.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
            }

            return mine;
        })));
        double taken = clock.Elapsed.TotalSeconds;
        double[] sorted = [.. latencies.SelectMany(static mine => mine).Order()];
        return (sorted.Length / taken, sorted[(int)(sorted.Length * 0.99)]);
    }
}
