using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// The same client with nothing, with an ambassador, with the standard handler, with the standard hedging handler, and with the same strategies of Polly's.
/// </summary>
internal static class Clients
{
    public const string Name = "client";

    // Ours and the peer's alike: the stubs answer at once, and an open circuit stays open for as long as a row takes.
    private const double FailureRatio = 0.5;
    private const int MinimumAttempts = 100;
    private static readonly TimeSpan Break = TimeSpan.FromHours(1);

    /// <summary>A handler and nothing else.</summary>
    public static HttpClient Bare(HttpMessageHandler server) => new(server) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The factory's client.</summary>
    public static HttpClient Plain(HttpMessageHandler server) => Create(server, static services => services.AddHttpClient(Name));

    public static HttpClient Ours(HttpMessageHandler server) => Ours(server, static _ => { });

    /// <summary>The same with stages in the way that it does not have by itself.</summary>
    public static HttpClient Ours(HttpMessageHandler server, Action<AmbassadorOptions> configure) => Create(server, services => services.AddAmbassadorClient(Name, options =>
    {
        options.Retry.Delay = TimeSpan.Zero;
        options.Retry.ThrottledDelay = TimeSpan.Zero;
        options.CircuitBreaker.BreakDuration = options.CircuitBreaker.MaxBreakDuration = Break;
        options.CircuitBreaker.FailureRatio = FailureRatio;
        options.CircuitBreaker.FailuresInARow = 1_000_000; // The peers do not look at them.
        options.CircuitBreaker.MinimumAttempts = MinimumAttempts;
        configure(options);
    }));

    public static HttpClient Standard(HttpMessageHandler server) => Standard(server, static options =>
    {
        options.Retry.Delay = TimeSpan.Zero;
        options.CircuitBreaker.BreakDuration = Break;
        options.CircuitBreaker.FailureRatio = FailureRatio;
    });

    /// <summary>The standard handler with its defaults, but for what is configured.</summary>
    public static HttpClient Standard(HttpMessageHandler server, Action<HttpStandardResilienceOptions> configure) => Create(server, services =>
    {
        IHttpClientBuilder client = services.AddHttpClient(Name);
        client.AddStandardResilienceHandler(configure);
        return client;
    });

    /// <summary>The hedging handler: a second request at once where the first has failed, or after its two seconds.</summary>
    public static HttpClient Hedging(HttpMessageHandler server) => Hedging(server, static options =>
    {
        options.Endpoint.CircuitBreaker.BreakDuration = Break;
        options.Endpoint.CircuitBreaker.FailureRatio = FailureRatio;
    });

    /// <summary>The hedging handler with its defaults, but for what is configured.</summary>
    public static HttpClient Hedging(HttpMessageHandler server, Action<HttpStandardHedgingResilienceOptions> configure) => Create(server, services =>
    {
        IHttpClientBuilder client = services.AddHttpClient(Name);
        client.AddStandardHedgingHandler().Configure(configure);
        return client;
    });

    /// <summary>The strategies of the standard handler, in its order, without what it has around them.</summary>
    public static HttpClient Polly(HttpMessageHandler server) => Create(server, static services =>
    {
        ResiliencePipeline<HttpResponseMessage> pipeline = new ResiliencePipelineBuilder<HttpResponseMessage>()
            .AddConcurrencyLimiter(permitLimit: 1_000)
            .AddTimeout(TimeSpan.FromSeconds(30))
            .AddRetry(new HttpRetryStrategyOptions { Delay = TimeSpan.Zero })
            .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions { BreakDuration = Break, FailureRatio = FailureRatio })
            .AddTimeout(TimeSpan.FromSeconds(10))
            .Build();
        return services.AddHttpClient(Name).AddHttpMessageHandler(() => new PollyHandler(pipeline));
    });

    /// <summary>Without loggers and without the client's own time limit, which ours and the peer's both take away.</summary>
    public static HttpClient Create(HttpMessageHandler server, Func<IServiceCollection, IHttpClientBuilder> add)
    {
        var services = new ServiceCollection();
        add(services)
            .ConfigurePrimaryHttpMessageHandler(() => server)
            .ConfigureHttpClient(static client => client.Timeout = Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
        return services.BuildServiceProvider().GetRequiredService<IHttpClientFactory>().CreateClient(Name);
    }
}
