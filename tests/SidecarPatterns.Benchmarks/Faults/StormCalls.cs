using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>One client's calls of a <see cref="StormRun"/>, second by second.</summary>
internal sealed class StormCalls : IDisposable
{
    private const int MaxSeconds = 64;

    private readonly HttpClient _client;
    private readonly string _key;
    private readonly Uri _address;
    private readonly int[] _calls = new int[MaxSeconds];
    private readonly int[] _good = new int[MaxSeconds];
    private readonly int[] _requests = new int[MaxSeconds]; // Until the second began.

    public StormCalls(string name, Func<HttpMessageHandler, HttpClient> create, Uri server)
    {
        Name = name;
        _client = create(new SocketsHttpHandler { AllowAutoRedirect = false });
        _key = Uri.EscapeDataString($"{name}-storm");
        _address = new Uri(server, $"/{FaultyAnswers.StormPath}/{_key}");
    }

    public string Name { get; }

    /// <summary>Begins calls at a steady rate, whatever comes of those before; returns once all have ended, or were cancelled.</summary>
    public async Task ProduceAsync(int perSecond, Stopwatch clock, TimeSpan end, CancellationToken ct)
    {
        List<Task> calls = [];
        using var pace = new SteadyPace(perSecond);
        while (clock.Elapsed < end)
        {
            for (int due = await pace.NextAsync(CancellationToken.None); due > 0; due--)
                calls.Add(CallAsync(second: calls.Count / perSecond, ct));
        }

        await Task.WhenAll(calls);
    }

    public Task SetAsync(int percent) => FaultyAnswers.SetAsync(_address, _key, percent);

    public async Task NoteRequestsAsync(int second) => _requests[second] = await FaultyAnswers.CountAsync(_address, _key);

    public double RequestsPerSecond(TimeSpan from, TimeSpan to) => (_requests[Second(to)] - _requests[Second(from)]) / (to - from).TotalSeconds;

    public double RequestsPerCall(TimeSpan from, TimeSpan to) => (double)(_requests[Second(to)] - _requests[Second(from)]) / Seconds(from, to).Sum(second => _calls[second]);

    public int Peak(TimeSpan from, TimeSpan to) => Seconds(from, to).Max(second => _requests[second + 1] - _requests[second]);

    public double GoodShare(TimeSpan from, TimeSpan to) => (double)Seconds(from, to).Sum(second => _good[second]) / Seconds(from, to).Sum(second => _calls[second]);

    /// <summary>How many seconds there are until so many of the calls are good, and stay so; infinite if that does not come.</summary>
    public double GoodAgainAfter(TimeSpan from, TimeSpan to, double share)
    {
        int[] bad = [.. Seconds(from, to).Where(second => _good[second] < share * _calls[second])];
        return bad.Length == 0 ? 0 : bad[^1] + 1 < Second(to) ? bad[^1] + 1 - Second(from) : double.PositiveInfinity;
    }

    public void Dispose() => _client.Dispose();

    private async Task CallAsync(int second, CancellationToken ct)
    {
        Interlocked.Increment(ref _calls[second]);
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(_address, ct);
            if (response.IsSuccessStatusCode)
                Interlocked.Increment(ref _good[second]);
        }
#pragma warning disable CA1031 // Each of the clients has exceptions of its own.
        catch (Exception)
#pragma warning restore CA1031
        {
            // It is no good call.
        }
    }

    private static int Second(TimeSpan time) => (int)time.TotalSeconds;

    private static IEnumerable<int> Seconds(TimeSpan from, TimeSpan to) => Enumerable.Range(Second(from), Second(to) - Second(from));
}
