using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// The clients that meet the faults, each as its documentation sets it up, with its defaults; the standard handler once more with the ambassador's delay.
/// </summary>
internal static class FaultClients
{
    /// <summary>Which one is ours.</summary>
    public const int Ours = 1;

    public static IReadOnlyList<(string Name, Func<HttpMessageHandler, HttpClient> Create)> All { get; } =
    [
        ("plain", Clients.Plain),
        ("ambassador", static server => Clients.Create(server, static services => services.AddAmbassadorClient(Clients.Name))),
        ("standard", static server => Clients.Standard(server, static _ => { })),
        ("standard, 50 ms", static server => Clients.Standard(server, static options => options.Retry.Delay = new AmbassadorOptions().Retry.Delay)),
        ("hedging", static server => Clients.Hedging(server, static _ => { })),
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
