using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.AotTest;

/// <content>The scenarios of ambassadors.</content>
internal static partial class Scenarios
{
    private static async Task AmbassadorAsync()
    {
        var server = new StubServer(503, 200);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Ambassadors:prices:BaseAddress"] = "http://prices.test/",
            ["Ambassadors:prices:Retry:Delay"] = "00:00:00",
            ["Ambassadors:prices:Redirect:SensitiveHeaders:0"] = "X-Key",
            ["Ambassadors:prices:Network:AutomaticDecompression"] = "GZip, Brotli",
        });
        builder.Services.AddAmbassadorClient<PriceClient>("prices").ConfigurePrimaryHttpMessageHandler(() => server);
        builder.Services.AddHealthChecks().AddAmbassadorHealthChecks();
        using var host = builder.Build();
        await host.StartAsync();

        var status = await host.Services.GetRequiredService<PriceClient>().AskAsync();

        var ambassadors = host.Services.GetRequiredService<IAmbassadorControl>();
        var snapshot = ambassadors.GetSnapshot("prices");
        Check(status == 200 && server.Requests == 2, $"status {status} after {server.Requests} requests");
        Check(snapshot is { Calls: 1, Succeeded: 1 } && snapshot.Attempts[AttemptCause.Retry] == 1, $"{snapshot}");
        ambassadors.ForceOpen("prices");
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Check(report.Entries["ambassador-prices"].Status == HealthStatus.Degraded, $"{report.Status}");
        await host.StopAsync();
    }

    private static async Task LoneAmbassadorAsync()
    {
        var options = new AmbassadorOptions();
        options.Retry.MaxAttempts = 1;
        options.CircuitBreaker.MinimumAttempts = 1;
        using var client = new HttpClient(new AmbassadorHandler(options) { InnerHandler = new StubServer(302, 500) });
        using (var response = await client.GetAsync(new Uri("http://prices.test/")))
        {
            Check((int)response.StatusCode == 500, $"status {response.StatusCode}");
        }

        try
        {
            (await client.GetAsync(new Uri("http://prices.test/"))).Dispose();
            Check(false, "it was sent");
        }
        catch (AmbassadorCircuitOpenException exception)
        {
            Check(exception.RetryAfter > TimeSpan.Zero, $"{exception.RetryAfter}");
        }
    }

    private static async Task WrongAmbassadorOptionAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([new("Ambassadors:prices:CircuitBreaker:FailureRatio", "2")]);
        builder.Services.AddAmbassadorClient("prices");
        using var host = builder.Build();
        try
        {
            await host.StartAsync();
            Check(false, "it started");
        }
        catch (OptionsValidationException exception)
        {
            Check(exception.Message.Contains("Ambassadors:prices:CircuitBreaker:FailureRatio is 2", StringComparison.Ordinal), exception.Message);
        }
    }

    private static async Task EndpointsAsync()
    {
        var server = new StubServer(static request => request.RequestUri!.Host == "one.test" ? 500 : 200);
        using var host = BuildClient(
            builder => builder.ConfigurePrimaryHttpMessageHandler(() => server),
            ("Endpoints:0:Address", "http://one.test"),
            ("Endpoints:1:Address", "http://two.test"),
            ("Endpoints:1:Weight", "2"),
            ("Retry:Delay", "00:00:00"),
            ("CircuitBreaker:FailuresInARow", "1"));
        await host.StartAsync();
        for (var i = 0; i < 50; i++)
        {
            var status = await AskAsync(host);
            Check(status == 200, $"status {status}");
        }

        var endpoints = host.Services.GetRequiredService<IAmbassadorControl>().GetSnapshot("prices").Endpoints;
        Check(endpoints[0] is { Circuit: CircuitState.Open, Ejections: 1 } && endpoints[1].Requests >= 49, string.Join("; ", endpoints));
        await host.StopAsync();
    }

    private static async Task EndpointSourceAsync()
    {
        var server = new StubServer(200);
        using var host = BuildClient(
            builder => builder.AddEndpointSource<TwoEndpoints>()
                .AddProbe("/healthz")
                .ConfigurePrimaryHttpMessageHandler(() => server));
        await host.StartAsync();

        var status = await AskAsync(host);

        Check(status == 200, $"status {status}");
        var sidecars = host.Services.GetRequiredService<ISidecarControl>().GetSnapshots().Select(static sidecar => sidecar.Name).ToList();
        Check(sidecars.Contains("ambassadors.endpoints") && sidecars.Contains("prices.prober"), string.Join(", ", sidecars));
        await host.StopAsync();
    }

    private static async Task HedgeAndLimitAsync()
    {
        var server = new StubServer(static _ => 200) { HoldsFirst = true };
        using var host = BuildClient(builder => builder
            .AddHedging(static hedging => hedging.Delay = TimeSpan.FromMilliseconds(20))
            .AddConcurrencyLimit(3)
            .ConfigurePrimaryHttpMessageHandler(() => server));
        await host.StartAsync();

        var status = await AskAsync(host);

        var snapshot = host.Services.GetRequiredService<IAmbassadorControl>().GetSnapshot("prices");
        Check(status == 200 && snapshot.Attempts[AttemptCause.Hedge] == 1, $"status {status}, {snapshot}");
        await host.StopAsync();
    }

    private static async Task TokenAsync()
    {
        var issuer = new StubServer(static _ => 200) { Body = """{"access_token":"t0k3n","token_type":"Bearer","expires_in":600}""" };
        var server = new StubServer(static request => request.Headers.Authorization?.ToString() == "Bearer t0k3n" ? 200 : 401);
        using var host = BuildClient(
            builder => builder.AddClientCredentials(credentials => credentials.UsePrimaryHandler(() => issuer)).ConfigurePrimaryHttpMessageHandler(() => server),
            ("ClientCredentials:TokenEndpoint", "https://issuer.test/token"),
            ("ClientCredentials:ClientId", "prices"),
            ("ClientCredentials:ClientSecret", "s3cr3t"),
            ("ClientCredentials:Scopes:0", "read"));
        await host.StartAsync();

        var first = await AskAsync(host);
        var second = await AskAsync(host);

        Check((first, second, issuer.Requests) == (200, 200, 1), $"{first}, {second} after {issuer.Requests} requests for a token");
        await host.StopAsync();
    }

    private static async Task CredentialsAsync()
    {
        foreach (var (add, expected) in ((Action<IHttpClientBuilder>, string)[])[
            (static builder => builder.AddCredential<KeyProvider>(), "Key k3y"),
            (static builder => builder.AddBasic(static basic => (basic.UserName, basic.Password) = ("user", "word")), "Basic dXNlcjp3b3Jk")])
        {
            var server = new StubServer(request => request.Headers.Authorization?.ToString() == expected ? 200 : 401);
            using var host = BuildClient(
                builder =>
                {
                    add(builder);
                    builder.ConfigurePrimaryHttpMessageHandler(() => server);
                });
            await host.StartAsync();

            var status = await AskAsync(host);

            Check(status == 200, $"status {status} for {expected}");
            await host.StopAsync();
        }
    }

    private static async Task EgressAsync()
    {
        using var host = BuildClient(static builder => builder.AddEgress(EgressProfile.Public));
        await host.StartAsync();
        var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("prices");
        try
        {
            (await client.GetAsync(new Uri("http://169.254.169.254/latest/meta-data"))).Dispose();
            Check(false, "it was sent");
        }
        catch (AmbassadorEgressException exception)
        {
            Check(exception.Reason == EgressReason.Scheme || exception.Host == "169.254.169.254", exception.Message);
        }

        await host.StopAsync();
    }

    private static IHost BuildClient(Action<IHttpClientBuilder> configure, params IEnumerable<(string Key, string Value)> settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([new("Ambassadors:prices:BaseAddress", "https://prices.test/"),
            .. settings.Select(static setting => new KeyValuePair<string, string?>("Ambassadors:prices:" + setting.Key, setting.Value))]);
        configure(builder.Services.AddAmbassadorClient<PriceClient>("prices"));
        return builder.Build();
    }

    private static Task<int> AskAsync(IHost host) => host.Services.GetRequiredService<PriceClient>().AskAsync();
}
