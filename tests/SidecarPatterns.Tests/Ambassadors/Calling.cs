using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>A client with an ambassador outside a container, a script below it, and a clock of the test's. At its end the account has to balance.</summary>
internal sealed class Calling : IAsyncDisposable
{
    private readonly LogRecorder _logs = new();
    private readonly ILoggerFactory _loggerFactory;
    private readonly AmbassadorState _state;

    public Calling(Action<AmbassadorOptions>? configure = null)
    {
        // The test's clock may run ahead of what it has cancelled: that is given up on only where a test means it.
        var options = new AmbassadorOptions { BaseAddress = new Uri("http://server.test/"), CancellationGrace = TimeSpan.FromDays(1) };
        configure?.Invoke(options);
        _loggerFactory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(_logs));
        _state = LoneAmbassadors.Of(options, Clock, _loggerFactory);
        Client = new HttpClient(new AmbassadorHandler(options, Clock, _loggerFactory) { InnerHandler = Server })
        {
            BaseAddress = options.BaseAddress,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public TestClock Clock { get; } = new();

    public ScriptedHandler Server { get; } = new();

    public HttpClient Client { get; }

    public LogRecorder Logs => _logs;

    public AmbassadorSnapshot Snapshot => _state.TakeSnapshot();

    public AmbassadorState State => _state;

    /// <summary>How many requests more than attempts the server may have seen: those that the network sends again by itself.</summary>
    public int HiddenResends { get; set; }

    /// <summary>How many attempts ended before the server had a request.</summary>
    public int Unseen { get; set; }

    public Task<HttpResponseMessage> GetAsync(CancellationToken ct = default) => Client.GetAsync(new Uri("items", UriKind.Relative), ct);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, HttpContent? content = null, CancellationToken ct = default) =>
        Client.SendAsync(new HttpRequestMessage(method, new Uri("items", UriKind.Relative)) { Content = content }, ct);

    /// <summary>Has it be known of each endpoint how many seconds it takes.</summary>
    public void Know(Func<BalancedEndpoint, double> secondsOf)
    {
        var balancer = _state.Endpoints.Balancer;
        foreach (var endpoint in balancer.Set.All)
        {
            endpoint.RecordAnswer(secondsOf(endpoint), Clock.GetTimestamp(), balancer.Scale);
        }
    }

    /// <summary>Lets the time pass that calls wait for, until one has ended.</summary>
    public async Task<T> PassAsync<T>(Task<T> call)
    {
        await Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => call.IsCompleted, "the call has ended");
        return await call;
    }

    /// <inheritdoc cref="PassAsync{T}(Task{T})"/>
    public async Task<Exception?> PassToFailureAsync(Task call)
    {
        await Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => call.IsCompleted, "the call has ended");
        return await call.FailureAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await AmbassadorLaw.AssertAsync(() => Snapshot, () => Server.Requests.Count + Unseen, HiddenResends);
        _loggerFactory.Dispose();
    }
}
