using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Polly;

namespace SidecarPatterns.Tests.Documentation;

/// <content>The C# on ambassadors.</content>
internal static partial class ReadmeSnippets
{
    public static void Client(HostApplicationBuilder builder)
    {
        builder.Services.AddAmbassadorClient<PaymentsClient>("payments", options => options.BaseAddress = new Uri("https://payments.example"));
    }

    public static void OwnLimits()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "reports");
        request.Options.Set(new HttpRequestOptionsKey<TimeSpan>("Ambassador.Timeout"), TimeSpan.FromMinutes(5));
        request.Options.Set(new HttpRequestOptionsKey<bool>("Ambassador.Idempotent"), true);
    }

    public static void Pipelines(HostApplicationBuilder builder)
    {
        builder.Services.AddAmbassadorClient("search", options =>
        {
            options.UseCallPipeline(new ResiliencePipelineBuilder<HttpResponseMessage>().AddConcurrencyLimiter(100).Build());       // around each call
            options.UseAttemptPipeline(new ResiliencePipelineBuilder<HttpResponseMessage>().AddTimeout(TimeSpan.FromSeconds(2)).Build()); // around each attempt
        });
        builder.Services.AddAmbassadorClient("quotes", options => options.UseRetryPipeline(
            new ResiliencePipelineBuilder<HttpResponseMessage>()                                                                   // instead of our retry
                .AddRetry(new() { ShouldHandle = attempt => ValueTask.FromResult(AttemptClassification.IsTransient(attempt.Outcome)) })
                .Build()));
    }

    public static void Credentials(HostApplicationBuilder builder)
    {
        builder.Services.AddAmbassadorClient<PaymentsClient>("ledger", options => options.BaseAddress = new Uri("https://ledger.example"))
            .AddClientCredentials(token =>                                                          // OAuth 2.0, RFC 6749, section 4.4
            {
                token.TokenEndpoint = new Uri("https://login.example/oauth2/token");
                token.ClientId = "shop";
                token.ClientSecret = builder.Configuration["LedgerSecret"];
                token.Scopes.Add("ledger.write");
            });
    }

    public static void OtherCredentials(HostApplicationBuilder builder, string newKey, string password)
    {
        builder.Services.AddAmbassadorClient("maps").AddApiKey(key => key.Keys.Add(newKey));       // X-Api-Key; several while they are rotated
        builder.Services.AddAmbassadorClient("legacy").AddBasic(basic => (basic.UserName, basic.Password) = ("shop", password));
        builder.Services.AddAmbassadorClient("bank").AddClientCertificate(certificate => certificate.File = "/certificates/client.pem");
        builder.Services.AddAmbassadorClient("vault").AddCredential<VaultCredential>();            // a provider of your own
    }

    public static void Watch(IAmbassadorControl ambassadors)
    {
        var payments = ambassadors.GetSnapshot("payments"); // IAmbassadorControl, from the container
        Console.WriteLine($"{payments.Calls} calls, {payments.Failed} failed, circuit {payments.Circuit}, p99 {payments.P99}");
        ambassadors.ForceOpen("payments"); // or ForceClosed, Release, DrainAsync
    }

    internal interface IVault
    {
        Task<string> ReadAsync(string name, CancellationToken ct);
    }

    internal sealed class VaultCredential(IVault vault) : IAmbassadorCredentialProvider
    {
        public async ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) =>
            AmbassadorCredential.Bearer(await vault.ReadAsync("orders", ct), TimeSpan.FromMinutes(15));
    }

    public static void Endpoints(HostApplicationBuilder builder)
    {
        builder.Services.AddAmbassadorClient<OrdersClient>("orders", options =>
            {
                options.Endpoints.Add(new AmbassadorEndpoint("http://10.0.0.1:8080"));
                options.Endpoints.Add(new AmbassadorEndpoint("http://10.0.0.2:8080/api") { Weight = 2 });          // its path stands before the request's
                options.Endpoints.Add(new AmbassadorEndpoint("http://orders:8080") { PerAddress = true });         // each A and AAAA address, refreshed
            })
            .AddProbe("/healthz")                      // asks those that are left alone, and those that have no calls
            .AddHedging()                              // a second request to another one, where the first takes longer than 95 % do
            .AddConcurrencyLimit(100);                 // requests that an endpoint has at a time
    }

    public static void Egress(HostApplicationBuilder builder)
    {
        builder.Services.AddAmbassadorClient<WebhookClient>("webhooks").AddEgress(EgressProfile.Public);          // URLs that users supply: one line

        builder.Services.AddAmbassadorClient("orders", options => options.BaseAddress = new Uri("http://orders:8080"))
            .AddEgress(EgressProfile.ConfiguredHosts, egress =>                                                   // what every ambassador has by default
            {
                egress.AllowedHosts.Add("*.cdn.example.com");                                                     // redirects lead there, on the usual ports
                egress.DeniedAddresses.Add("10.9.0.0/16");
            });
    }

    internal sealed record Payment(decimal Amount);

    internal sealed record Receipt(string Id);

    internal sealed class PaymentsClient(HttpClient http)                                        // no type of ours
    {
        public async Task<Receipt?> PayAsync(Payment payment, CancellationToken ct)
        {
            using var response = await http.PostAsJsonAsync("payments", payment, ct);
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadFromJsonAsync<Receipt>(ct);
        }
    }

    internal sealed class OrdersClient(HttpClient http)
    {
        public Task<HttpResponseMessage> ListAsync(CancellationToken ct) => http.GetAsync(new Uri("orders", UriKind.Relative), ct);
    }

    internal sealed class WebhookClient(HttpClient http)
    {
        public Task<HttpResponseMessage> PostAsync(Uri address, HttpContent content, CancellationToken ct) => http.PostAsync(address, content, ct);
    }
}
