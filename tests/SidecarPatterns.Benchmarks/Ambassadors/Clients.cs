using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace SidecarPatterns.Benchmarks;

/// <summary>The same client with nothing, with an ambassador, with the standard handler, and with the same strategies of Polly's.</summary>
internal static class Clients
{
    private const string Name = "client";

    /// <summary>A handler and nothing else.</summary>
    public static HttpClient Bare(HttpMessageHandler server) => new(server) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The factory's client, without its time limit, as both others have it.</summary>
    public static HttpClient Plain(HttpMessageHandler server) => Create(server, static client => client);

    public static HttpClient Ours(HttpMessageHandler server) => Create(server, static client => client.AddAmbassador(static options =>
    {
        options.Retry.Delay = TimeSpan.Zero;
        options.Retry.ThrottledDelay = TimeSpan.Zero;
        options.CircuitBreaker.BreakDuration = options.CircuitBreaker.MaxBreakDuration = TimeSpan.FromHours(1);
    }));

    public static HttpClient Standard(HttpMessageHandler server) => Create(server, static client =>
    {
        client.AddStandardResilienceHandler(static options =>
        {
            options.Retry.Delay = TimeSpan.Zero;
            options.CircuitBreaker.BreakDuration = TimeSpan.FromHours(1);
            options.CircuitBreaker.FailureRatio = 0.5; // As ours: at its own tenth it opens in the middle of a row.
        });
        return client;
    });

    public static HttpClient Polly(HttpMessageHandler server) => Create(server, static client =>
    {
        client.AddResilienceHandler("same", static pipeline => pipeline
            .AddConcurrencyLimiter(1000)
            .AddTimeout(TimeSpan.FromSeconds(30))
            .AddRetry(new HttpRetryStrategyOptions { Delay = TimeSpan.Zero })
            .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions())
            .AddTimeout(TimeSpan.FromSeconds(10)));
        return client;
    });

    private static HttpClient Create(HttpMessageHandler server, Func<IHttpClientBuilder, IHttpClientBuilder> add)
    {
        var services = new ServiceCollection();
        add(services.AddHttpClient(Name).ConfigureHttpClient(static client => client.Timeout = Timeout.InfiniteTimeSpan).RemoveAllLoggers())
            .ConfigurePrimaryHttpMessageHandler(() => server);
        return services.BuildServiceProvider().GetRequiredService<IHttpClientFactory>().CreateClient(Name);
    }
}
