using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>Makes the calls of a program with the real handler, on a clock of the test's.</summary>
internal sealed class RealSide : IDisposable
{
    private static readonly HttpRequestOptionsKey<CallTrace> TraceKey = new("trace");

    private readonly Lock _lock = new();
    private readonly ServerScript[] _scripts;
    private readonly AmbassadorState _state;
    private readonly HttpMessageInvoker _invoker;
    private readonly TestClock _clock = new();
    private readonly CountedRandom _chance;
    private readonly long _origin;
    private int _sent;
    private int _ended;

    public RealSide(SimulatedCalls calls)
    {
        _scripts = calls.NewScripts();
        Traces = [.. calls.NewGaps().Select(static _ => new CallTrace())];
        _origin = _clock.GetTimestamp();
        var options = new AmbassadorOptions { BaseAddress = new Uri("http://orders.test/") };
        foreach (var server in Enumerable.Range(0, calls.Endpoints))
        {
            options.Endpoints.Add(new AmbassadorEndpoint(Benchmarks.AmbassadorProcess.AddressOf(server)));
        }

        calls.Configure(options);
        _chance = calls.NewChance();
        var budget = new RetryBudget(_clock, options.RetryBudget);
        _state = new AmbassadorState(
            "orders", new AmbassadorSettings(options, default, _clock), budget, _clock, NullLogger.Instance, random: _chance);
        _state.Scanner.Rent(); // It is never given back, so that the scanner looks at the same times from the beginning on.
        _invoker = new HttpMessageInvoker(new AmbassadorHandler(_state) { InnerHandler = new Servers(this) });
    }

    public IReadOnlyList<CallTrace> Traces { get; }

    private TimeSpan Elapsed => _clock.GetElapsedTime(_origin);

    /// <summary>Lets time pass. The clock goes forward at once: when the scanner looks in between, it has to be that time, and not a later one.</summary>
    public async Task PassToAsync(TimeSpan at)
    {
        var look = TimeSpan.FromTicks(at.Ticks / DeadlineScanner.Period.Ticks * DeadlineScanner.Period.Ticks);
        if (look > Elapsed)
        {
            await _clock.AdvanceAsync(look - Elapsed);
        }

        await _clock.AdvanceAsync(at - Elapsed);
    }

    public void Begin(int call) => _ = CallAsync(Traces[call]);

    public Moment Look()
    {
        var waits = _clock.Armed;
        lock (_lock)
        {
            return Moment.Of(_clock, _origin, _sent, _ended, waits, _chance.Draws, _state.HedgeDelay, _state.Budget, _state.Endpoints.Balancer);
        }
    }

    public void Dispose() => _invoker.Dispose();

    private async Task CallAsync(CallTrace trace)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders.test/items");
        request.Options.Set(TraceKey, trace);
        try
        {
            using var response = await _invoker.SendAsync(request, CancellationToken.None);
            trace.IsGood = response.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException { InnerException: TimeoutException })
        {
            trace.IsGood = false;
        }

        trace.EndedAt = Elapsed;
        lock (_lock)
        {
            _ended++;
        }
    }

    private sealed class Servers(RealSide side) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var server = request.RequestUri!.Host[^1] - '1';
            request.Options.TryGetValue(TraceKey, out var trace);
            ScriptedEnd end;
            lock (side._lock)
            {
                trace!.Sent.Add((server, side.Elapsed));
                end = side._scripts[server].Next();
                side._sent++;
            }

            if (end.Delay > TimeSpan.Zero)
            {
                await DelayAsync(end.Delay, cancellationToken);
            }

            return end.Answer();
        }

        // To the tick, and not to the millisecond, so that no two things happen at once.
        private async Task DelayAsync(TimeSpan delay, CancellationToken ct)
        {
            var over = new TaskCompletionSource();
            using var cancellation = ct.Register(() => over.TrySetCanceled(ct));
            await using var timer = side._clock.CreateTimer(_ => over.TrySetResult(), null, delay, Timeout.InfiniteTimeSpan);
            await over.Task;
        }
    }
}
