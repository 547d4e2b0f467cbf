using System.Diagnostics;
using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Calls of one client to a server of which a share of the answers is bad: what comes of them, how long they take, and what the server gets.</summary>
/// <param name="name">Who calls.</param>
/// <param name="percent">How many of a hundred answers are bad.</param>
internal sealed class FaultRun(string name, int percent)
{
    private const int Callers = 16;
    private const int MaxLatencies = 1_000_000;
    private const int MaxOverrun = 3; // What takes longer has not ended, and is no call.

    private static readonly TimeSpan Refused = TimeSpan.FromMilliseconds(10);

    private readonly List<double> _latencies = [];
    private int _calls;
    private int _good;
    private int _requests;
    private long _bytes;
    private TimeSpan _taken;

    public double GoodPercent => 100.0 * _good / Math.Max(_calls, 1);

    public double GoodPerSecond => _good / _taken.TotalSeconds;

    public void Run(Func<HttpMessageHandler, HttpClient> create, Uri server, TimeSpan time)
    {
        using HttpClient client = create(new SocketsHttpHandler { AllowAutoRedirect = false });
        string key = Uri.EscapeDataString(string.Create(CultureInfo.InvariantCulture, $"{name}-{percent}"));
        var address = new Uri(server, string.Create(CultureInfo.InvariantCulture, $"/{FaultyAnswers.FaultsPath}/{key}/{percent}"));
        _bytes = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        using var end = new CancellationTokenSource(time * MaxOverrun);
        Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(client, address, clock, time, end.Token)))).GetAwaiter().GetResult();
        _taken = clock.Elapsed;
        _bytes = GC.GetTotalAllocatedBytes(precise: true) - _bytes;
        _requests = FaultyAnswers.CountAsync(server, key).GetAwaiter().GetResult();
        _latencies.Sort();
    }

    public static void WriteHeader(TextWriter output)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| % bad, {Callers} callers | client          | % good | good/s    | p50 ms   | p99 ms   | p99.9 ms | reqs/call | requests/s | B a call |"));
        output.WriteLine("| ----------------: | --------------- | -----: | --------: | -------: | -------: | -------: | --------: | ---------: | -------: |");
    }

    /// <summary>Writes a line of the table.</summary>
    public void Write(TextWriter output) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {percent,17} | {name,-15} | {GoodPercent,6:0.00} | {GoodPerSecond,9:#,0} | {At(0.5),8:#,0.00} | {At(0.99),8:#,0.00} | {At(0.999),8:#,0.00} "
            + $"| {(double)_requests / Math.Max(_calls, 1),9:0.00} | {_requests / _taken.TotalSeconds,10:#,0} | {_bytes / Math.Max(_calls, 1),8:#,0} |"));

    private double At(double part) => _latencies.Count == 0 ? double.NaN : _latencies[(int)(_latencies.Count * part)];

    private async Task CallAsync(HttpClient client, Uri address, Stopwatch clock, TimeSpan time, CancellationToken end)
    {
        while (clock.Elapsed < time)
        {
            long from = Stopwatch.GetTimestamp();
            Exception? failure = null;
            bool isGood = false;
            try
            {
                using HttpResponseMessage response = await client.GetAsync(address, end);
                isGood = response.IsSuccessStatusCode;
            }
#pragma warning disable CA1031 // Each of the clients has exceptions of its own.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
            }

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

            if (failure is AmbassadorCircuitOpenException or Polly.ExecutionRejectedException)
                await Task.Delay(Refused, CancellationToken.None);
        }
    }
}
