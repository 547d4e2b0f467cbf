using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace SidecarPatterns.Benchmarks;

/// <summary>The clients that meet the faults, each as its documentation sets it up, with its defaults.</summary>
internal static class FaultClients
{
    public static IReadOnlyList<(string Name, Func<HttpMessageHandler, HttpClient> Create)> All { get; } =
    [
        ("plain", Clients.Plain),
        ("ambassador", static server => Clients.Create(server, static services => services.AddAmbassadorClient(Clients.Name))),
        ("standard", static server => Clients.Create(server, static services =>
        {
            IHttpClientBuilder client = services.AddHttpClient(Clients.Name);
            client.AddStandardResilienceHandler();
            return client;
        })),
        ("hedging", static server => Clients.Create(server, static services =>
        {
            IHttpClientBuilder client = services.AddHttpClient(Clients.Name);
            client.AddStandardHedgingHandler();
            return client;
        })),
        ("polly", static server => Clients.Create(server, static services =>
        {
            ResiliencePipeline<HttpResponseMessage> pipeline = new ResiliencePipelineBuilder<HttpResponseMessage>()
                .AddTimeout(TimeSpan.FromSeconds(30))
                .AddRetry(new HttpRetryStrategyOptions())
                .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions())
                .AddTimeout(TimeSpan.FromSeconds(10))
                .Build();
            return services.AddHttpClient(Clients.Name).AddHttpMessageHandler(() => new PollyHandler(pipeline));
        })),
    ];
}
