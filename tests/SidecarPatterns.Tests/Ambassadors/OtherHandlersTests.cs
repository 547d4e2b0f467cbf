using Microsoft.Extensions.DependencyInjection;
using Polly;
using FormerResilienceHandler = Microsoft.Extensions.Http.Resilience.Internal.ResilienceHandler;

namespace SidecarPatterns.Tests;

/// <summary>Beside the real handlers of others: attempts do not multiply.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class OtherHandlersTests : IDisposable
{
    private readonly ScriptedHandler _server = new();

    public OtherHandlersTests() => _server.Then(500);

    public void Dispose() => _server.Dispose();

    [Test]
    public async Task ClientDefaults_AsTheAspireTemplateHasThem_ResilienceIsTakenOutAndDiscoveryIsInside()
    {
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Configuration["services:orders:http:0"] = "http://10.1.2.3:8080";
            builder.Services.AddServiceDiscovery();
            builder.Services.ConfigureHttpClientDefaults(static client =>
            {
                client.AddStandardResilienceHandler();
                client.AddServiceDiscovery();
            });
            builder.Services.AddAmbassadorClient("orders", static options => options.Retry.Delay = TimeSpan.Zero).ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();

        using var response = await host.CreateClient("orders").GetAsync(new Uri("http://orders/items")).InTime();

        Assert.That(_server.Requests.Select(static request => $"{request.Uri}"), Is.EqualTo(Enumerable.Repeat("http://10.1.2.3:8080/items", 3)));
        Assert.That(response.RequestMessage!.RequestUri, Is.EqualTo(new Uri("http://orders/items")), "the address is put back");
        Assert.That(
            host.Logs.Named("HandlerRemoved").Select(static entry => entry.Message),
            Has.Exactly(1).Items.And.All.StartsWith(
                "HttpClient 'orders' had a Microsoft.Extensions.Http.Resilience.ResilienceHandler by client defaults; it was taken out"));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("orders"), _server.Requests.Count);
    }

    [TestCase("http://orders/items", "http://10.1.2.1:8080/items", "http://10.1.2.2:8080/items")]
    [TestCase("https+http://orders/items", "https://10.1.2.1:8443/items", "https://10.1.2.2:8443/items")]
    public async Task Discovery_ServiceHasTwoAddresses_EachAttemptResolvesAnew(string address, string one, string other)
    {
        await using var host = TestHost.BuildWith(builder =>
        {
            (builder.Configuration["services:orders:http:0"], builder.Configuration["services:orders:http:1"]) = ("http://10.1.2.1:8080", "http://10.1.2.2:8080");
            (builder.Configuration["services:orders:https:0"], builder.Configuration["services:orders:https:1"]) = ("https://10.1.2.1:8443", "https://10.1.2.2:8443");
            builder.Services.AddServiceDiscovery();
            builder.Services.ConfigureHttpClientDefaults(static client => client.AddServiceDiscovery());
            builder.Services.AddAmbassadorClient("orders", static options => options.Retry.Delay = TimeSpan.Zero).ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();

        using var response = await host.CreateClient("orders").GetAsync(new Uri(address)).InTime();

        var sent = _server.Requests.Select(static request => $"{request.Uri}").ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(sent.Take(2), Is.EquivalentTo([one, other]), "they take turns");
            Assert.That(sent[2], Is.EqualTo(sent[0]));
            Assert.That(response.RequestMessage!.RequestUri, Is.EqualTo(new Uri(address)));
        }

        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("orders"), served: 3);
    }

    [Test]
    public async Task ClientDefaults_AddedAfterTheClient_ResilienceIsTakenOutToo()
    {
        await using var host = TestHost.Build(services =>
        {
            services.AddAmbassadorClient("orders", static options => options.Retry.Delay = TimeSpan.Zero).ConfigurePrimaryHttpMessageHandler(() => _server);
            services.ConfigureHttpClientDefaults(static client => client.AddStandardResilienceHandler());
            services.ConfigureHttpClientDefaults(static client => client.AddTransientHttpErrorPolicy(static policy => policy.RetryAsync(3)));
        });
        await host.StartAsync();

        (await host.GetAsync("orders").InTime()).Dispose();

        Assert.That(_server.Requests, Has.Count.EqualTo(3));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("orders"), _server.Requests.Count);
    }

    [Test]
    public async Task ClientDefaults_ResilienceHandlerOfAFormerVersion_IsTakenOutToo()
    {
        var former = new FormerResilienceHandler();
        await using var host = TestHost.Build(services =>
        {
            services.ConfigureHttpClientDefaults(client => client.AddHttpMessageHandler(() => former));
            services.AddAmbassadorClient("orders", static options => options.Retry.Delay = TimeSpan.Zero).ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();

        (await host.GetAsync("orders").InTime()).Dispose();

        Assert.That((_server.Requests.Count, former.Calls), Is.EqualTo((3, 0)));
    }

    [Test]
    public async Task ThisClient_HasAResilienceHandler_ItStaysAndIsToldOf()
    {
        await using var host = TestHost.Build(services =>
        {
            services
                .AddAmbassadorClient("orders", static options => options.Retry.Delay = TimeSpan.Zero)
                .ConfigurePrimaryHttpMessageHandler(() => _server)
                .AddTransientHttpErrorPolicy(static policy => policy.RetryAsync(1));
        });
        await host.StartAsync();

        (await host.GetAsync("orders").InTime()).Dispose();

        Assert.That(_server.Requests, Has.Count.EqualTo(6));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("orders"), served: 6, hiddenResends: 3);
        Assert.That(host.Logs.Named("HandlerBeside"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task ClientWithoutAmbassador_KeepsItsResilienceHandler()
    {
        await using var host = TestHost.Build(services =>
        {
            services.ConfigureHttpClientDefaults(static client => client.AddTransientHttpErrorPolicy(static policy => policy.RetryAsync(1)));
            services.AddAmbassadorClient("orders");
            services.AddHttpClient("plain").ConfigurePrimaryHttpMessageHandler(() => _server);
        });

        (await host.GetAsync("plain").InTime()).Dispose();

        Assert.That(_server.Requests, Has.Count.EqualTo(2));
    }
}
