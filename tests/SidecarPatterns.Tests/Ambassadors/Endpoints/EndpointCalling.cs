using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>A client whose ambassador has several endpoints, real servers all of them. At its end the account has to balance against what the servers have counted.</summary>
internal sealed class EndpointCalling : IAsyncDisposable
{
    private readonly IReadOnlyList<ScriptedServer> _servers;
    private readonly ILoggerFactory _loggerFactory;

    public EndpointCalling(IReadOnlyList<ScriptedServer> servers, Action<AmbassadorOptions>? configure = null, Func<HttpMessageHandler, HttpMessageHandler>? between = null)
    {
        _servers = servers;
        var options = new AmbassadorOptions { BaseAddress = new Uri("http://orders.test/"), CancellationGrace = TimeSpan.FromDays(1) };
        foreach (var server in servers)
        {
            options.Endpoints.Add(new AmbassadorEndpoint(server.Uri));
        }

        options.Retry.Delay = options.Retry.ThrottledDelay = TimeSpan.Zero;
        configure?.Invoke(options);
        _loggerFactory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs));
        State = LoneAmbassadors.Of(options, Clock, _loggerFactory);
        HttpMessageHandler network = PrimaryHandler.Create(State);
        Client = new HttpClient(new AmbassadorHandler(options, Clock, _loggerFactory) { InnerHandler = between?.Invoke(network) ?? network })
        {
            BaseAddress = options.BaseAddress,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public TestClock Clock { get; } = new();

    public LogRecorder Logs { get; } = new();

    public HttpClient Client { get; }

    public AmbassadorState State { get; }

    public AmbassadorSnapshot Snapshot => State.TakeSnapshot();

    public int HiddenResends { get; set; }

    /// <summary>How many attempts ended before a server had read the head of a request.</summary>
    public int Unseen { get; set; }

    public Task<HttpResponseMessage> GetAsync(string path = "items", CancellationToken ct = default) => Client.GetAsync(new Uri(path, UriKind.Relative), ct).InTime();

    public Task<HttpResponseMessage> PostAsync(HttpContent? content = null) => Client.PostAsync(new Uri("items", UriKind.Relative), content).InTime();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Eventually.HoldsAsync(() => Snapshot.InFlight == 0 && Snapshot.Endpoints.All(static endpoint => endpoint.InFlight == 0), "nothing is under way");
        AmbassadorLaw.Assert(Snapshot, _servers.Sum(static server => server.Requests) + Unseen, HiddenResends);
        _loggerFactory.Dispose();
    }
}
