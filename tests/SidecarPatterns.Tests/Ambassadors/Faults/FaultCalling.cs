using System.Net;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>
/// A client with an ambassador over real connections to scripted servers, on a clock of the test's: connections are as fast as they are, and time passes
/// only where the test says so. At its end the account has to balance against what the servers have counted.
/// </summary>
internal sealed class FaultCalling : IAsyncDisposable
{
    /// <summary>An attempt's time, and as long as the scanner may take to notice.</summary>
    public static readonly TimeSpan AttemptTime = AmbassadorConstants.AttemptTimeout + DeadlineScanner.Period;

    private static readonly Uri Items = new("items", UriKind.Relative);

    private readonly IReadOnlyList<ScriptedServer> _servers;
    private readonly LogRecorder _logs = new();
    private readonly ILoggerFactory _loggerFactory;
    private readonly AmbassadorState _state;

    public FaultCalling(ScriptedServer server, Action<AmbassadorOptions>? configure = null, Action<SocketsHttpHandler>? network = null)
        : this([server], server.Uri, configure, network)
    {
    }

    /// <param name="servers">Those whose requests are counted.</param>
    /// <param name="address">Where relative addresses lead.</param>
    /// <param name="configure">Sets options; a retry waits for nothing unless they say so.</param>
    /// <param name="network">Changes the handler of the connections, which is the ambassador's own.</param>
    public FaultCalling(
        IReadOnlyList<ScriptedServer> servers, Uri address, Action<AmbassadorOptions>? configure = null, Action<SocketsHttpHandler>? network = null)
    {
        _servers = servers;
        var options = new AmbassadorOptions { BaseAddress = address, CancellationGrace = TimeSpan.FromDays(1) }; // The clock may run ahead.
        options.Retry.Delay = options.Retry.ThrottledDelay = TimeSpan.Zero;
        configure?.Invoke(options);
        _loggerFactory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(_logs));
        _state = LoneAmbassadors.Of(options, Clock, _loggerFactory);
        var primary = PrimaryHandler.Create(_state);
        primary.SslOptions.CertificateChainPolicy = TestCertificates.Trusting().CertificateChainPolicy;
        network?.Invoke(primary);
        var handler = new AmbassadorHandler(options, Clock, _loggerFactory) { InnerHandler = primary };
        Invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        Client = new HttpClient(handler)
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public TestClock Clock { get; } = new();

    public HttpClient Client { get; }

    /// <summary>The same without a client around it: an exception is as the ambassador throws it, whereas a client puts its caller's token into those of a cancellation.</summary>
    public HttpMessageInvoker Invoker { get; }

    public LogRecorder Logs => _logs;

    public AmbassadorState State => _state;

    public AmbassadorSnapshot Snapshot => _state.TakeSnapshot();

    /// <summary>How many requests more than attempts the servers may have seen: those that the network sends again by itself.</summary>
    public int HiddenResends { get; set; }

    /// <summary>How many attempts ended before a server had read the head of a request.</summary>
    public int Unseen { get; set; }

    /// <summary>Makes all further calls over HTTP/2.</summary>
    public FaultCalling OverHttp2()
    {
        Client.DefaultRequestVersion = HttpVersion.Version20;
        return this;
    }

    public Task<HttpResponseMessage> GetAsync(CancellationToken ct = default) => SendAsync(HttpMethod.Get, ct: ct);

    /// <summary>As <see cref="GetAsync"/>, but the caller reads the body.</summary>
    public Task<HttpResponseMessage> BeginGetAsync(CancellationToken ct = default) => SendAsync(Request(HttpMethod.Get), HttpCompletionOption.ResponseHeadersRead, ct);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, HttpContent? content = null, CancellationToken ct = default) =>
        SendAsync(Request(method, content), HttpCompletionOption.ResponseContentRead, ct);

    public Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead, CancellationToken ct = default) =>
        Client.SendAsync(request, completion, ct).InTime();

    /// <summary>As <see cref="SendAsync(HttpMethod, HttpContent?, CancellationToken)"/>, by the <see cref="Invoker"/>.</summary>
    public Task<HttpResponseMessage> InvokeAsync(HttpMethod method, HttpContent? content = null, CancellationToken ct = default) =>
        Invoker.SendAsync(WholeRequest(method, content), ct).InTime();

    /// <summary>As <see cref="Request"/>, with the whole address, which an invoker needs.</summary>
    public HttpRequestMessage WholeRequest(HttpMethod method, HttpContent? content = null)
    {
        var request = Request(method, content);
        request.RequestUri = new Uri(Client.BaseAddress!, Items);
        return request;
    }

    /// <summary>Makes a request of the client's version.</summary>
    public HttpRequestMessage Request(HttpMethod method, HttpContent? content = null) => new(method, Items)
    {
        Content = content,
        Version = Client.DefaultRequestVersion,
        VersionPolicy = Client.DefaultVersionPolicy,
    };

    /// <summary>Waits until an attempt has arrived at the one server, and lets all of its time pass.</summary>
    public async Task PassAttemptAsync(int number)
    {
        await _servers[0].WhenRequestedAsync(number);
        await Clock.AdvanceAsync(AttemptTime);
    }

    /// <summary>Waits until a body of unknown length has begun and is waited for, and lets the time pass in which it is read within the attempt.</summary>
    public Task PassReadingInsideAsync() => Clock.PassAsync(AmbassadorContentConstants.BufferResponsesFor);

    /// <summary>Waits for a back-off, and lets it pass.</summary>
    public async Task PassDelayAsync(TimeSpan atMost) => await Clock.AdvanceAsync(await Clock.ArmedAsync(TimeSpan.Zero, atMost));

    /// <summary>What has to be so when nothing is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        Invoker.Dispose();
        Client.Dispose();
        await AmbassadorLaw.AssertAsync(() => Snapshot, () => _servers.Sum(static server => server.Requests) + Unseen, HiddenResends);
        await Clock.NothingArmedAsync();
        _loggerFactory.Dispose();
    }
}
