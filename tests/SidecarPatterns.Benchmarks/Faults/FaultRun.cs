using System.Diagnostics;
using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Calls of one client to a server of which a share of the answers is bad: what comes of them, how long they take, and what the server gets.</summary>
internal sealed class FaultRun
{
    private const int Callers = 16;
    private const int MaxLatencies = 1_000_000;
    private const int MaxOverrun = 3; // What takes longer has not ended, and is no call.

    private readonly List<double> _latencies = [];
    private int _calls;
    private int _good;

    /// <returns>A line of the table.</returns>
    public string Run(string name, Func<HttpMessageHandler, HttpClient> create, Uri server, int percent, TimeSpan time)
    {
        using HttpClient client = create(new SocketsHttpHandler { AllowAutoRedirect = false });
        string key = string.Create(CultureInfo.InvariantCulture, $"{name}-{percent}");
        var address = new Uri(server, string.Create(CultureInfo.InvariantCulture, $"/{FaultyAnswers.FaultsPath}/{key}/{percent}"));
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        using var end = new CancellationTokenSource(time * MaxOverrun);
        Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(client, address, clock, time, end.Token)))).GetAwaiter().GetResult();
        TimeSpan taken = clock.Elapsed;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        int requests = CountAsync(server, key).GetAwaiter().GetResult();
        _latencies.Sort();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {percent,5} | {name,-10} | {100.0 * _good / Math.Max(_calls, 1),6:0.00} | {_good / taken.TotalSeconds,9:#,0} | {At(0.5),8:#,0.00} | {At(0.99),8:#,0.00} | {At(0.999),8:#,0.00} "
                + $"| {(_calls == 0 ? double.NaN : (double)requests / _calls),9:0.00} | {requests / taken.TotalSeconds,10:#,0} | {bytes / Math.Max(_calls, 1),8:#,0} |");
    }

    public static void WriteHeader(TextWriter output)
    {
        output.WriteLine("| % bad | client     | % good | good/s    | p50 ms   | p99 ms   | p99.9 ms | reqs/call | requests/s | B a call |");
        output.WriteLine("| ----: | ---------- | -----: | --------: | -------: | -------: | -------: | --------: | ---------: | -------: |");
    }

    private double At(double part) => _latencies.Count == 0 ? double.NaN : _latencies[(int)(_latencies.Count * part)];

    private async Task CallAsync(HttpClient client, Uri address, Stopwatch clock, TimeSpan time, CancellationToken end)
    {
        while (clock.Elapsed < time)
        {
            long from = Stopwatch.GetTimestamp();
            bool isGood = await IsGoodAsync(client, address, end);
            if (end.IsCancellationRequested)
                return;

            double latency = Stopwatch.GetElapsedTime(from).TotalMilliseconds;
            lock (_latencies)
            {
                _calls++;
                _good += isGood ? 1 : 0;
                if (isGood && _latencies.Count < MaxLatencies)
                    _latencies.Add(latency);
            }
        }
    }

    private static async Task<bool> IsGoodAsync(HttpClient client, Uri address, CancellationToken end)
    {
        try
        {
            using HttpResponseMessage response = await client.GetAsync(address, end);
            return response.IsSuccessStatusCode;
        }
#pragma warning disable CA1031 // Each of the clients has exceptions of its own.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    public static async Task<int> CountAsync(Uri server, string key)
    {
        using HttpClient client = new();
        return int.Parse(await client.GetStringAsync(new Uri(server, $"/{FaultyAnswers.CountPath}/{key}")), CultureInfo.InvariantCulture);
    }
}
