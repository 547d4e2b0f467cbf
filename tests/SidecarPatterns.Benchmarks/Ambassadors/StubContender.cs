using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>One caller of a stub that fails at times, each of whose calls is timed.</summary>
internal sealed class StubContender : IContender
{
    private static readonly Uri Address = new("http://localhost/items");

    private readonly StubServer _server;
    private readonly HttpClient _client;
    private readonly List<double> _latencies = [];
    private int _good;
    private int _requestsBefore;

    public StubContender(Func<HttpMessageHandler, HttpClient> create, int percent)
    {
        _server = new StubServer(suspends: true, Answers.Failing(percent));
        _client = create(_server);
    }

    public double Good => (double)_good / _latencies.Count;

    public double RequestsPerCall => (double)(_server.Requests - _requestsBefore) / _latencies.Count;

    /// <summary>Forgets the warm-up.</summary>
    public void Begin(int calls)
    {
        _latencies.Clear();
        _latencies.EnsureCapacity(calls); // A list that grows would be charged to whoever makes it grow.
        _good = 0;
        _requestsBefore = _server.Requests;
    }

    public Task RunAsync(int messages) => Task.Run(() => CallAsync(messages));

    /// <summary>The microseconds that this part of the calls did not exceed.</summary>
    public double At(double part)
    {
        double[] sorted = [.. _latencies.Order()];
        return sorted[(int)(sorted.Length * part)];
    }

    public void Dispose() => _client.Dispose();

    private async Task CallAsync(int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            long from = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Get, Address);
            using HttpResponseMessage response = await _client.SendAsync(request, CancellationToken.None);
            _latencies.Add(Stopwatch.GetElapsedTime(from).TotalMicroseconds);
            _good += response.IsSuccessStatusCode ? 1 : 0;
        }
    }
}
