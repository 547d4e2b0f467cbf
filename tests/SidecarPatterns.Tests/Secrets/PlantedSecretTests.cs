using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>
/// A secret of every kind is planted in one application whose calls end in every way, and everything that is emitted is searched for each of them.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
[NonParallelizable] // Every test of the process can be heard by the listener of activities.
internal sealed class PlantedSecretTests : FolderTests<LogFolder>
{
    private const string Mark = "c4n4ry";
    private const string ApiKey = $"{Mark}-api-key";
    private const string BasicPassword = $"{Mark}-basic-password";
    private const string ClientSecret = $"{Mark}-client-secret";
    private const string Token = $"{Mark}-token";
    private const string CertificatePassword = $"{Mark}-certificate-password";
    private const string ProxyPassword = $"{Mark}-proxy-password";
    private const string UserInfo = $"{Mark}-user-info";
    private const string Query = $"{Mark}-query";
    private const string Content = $"{Mark}-content";

    private TestFolder _certificates = null!;

    [SetUp]
    public void SetUp() => _certificates = new TestFolder();

    [TearDown]
    public void TearDown() => _certificates.Dispose();

    [Test]
    public async Task Everything_ThatIsEmitted_HasNoSecretOfAnyKind()
    {
        await using var tokens = ScriptedServer.Start().InTurn(
            Answer.With(500, $"{ClientSecret} {Token}"), Tokens.Of(Token, "600"), Tokens.Json(400, $$"""{"error":"invalid_client","error_description":"{{ClientSecret}}"}"""), Tokens.Of(Token, "600"));
        await using var proxy = ScriptedServer.Start().InTurn(Answer.With(407, Content, ("Proxy-Authenticate", $"Basic realm=\"{Mark}\"")), Answer.With(502, Content, ("X-Secret", Mark)));
        using var network = new ScriptedHandler();
        Script(network);
        await using var host = TestHost.BuildWith(builder =>
        {
            LogHosts.Add(builder, Folder, onlyTests: false);
            Register(builder, tokens, proxy, network, WriteCertificate());
        });
        using var emitted = new Emissions(host);
        await host.StartAsync();
        for (var round = 0; round < 8; round++)
        {
            foreach (var client in (string[])["key", "basic", "oauth", "certificate", "proxied"])
            {
                emitted.Add(await CallAsync(host, client, $"http://server.test/items?token={Query}#{Query}"));
            }

            emitted.Add(await CallAsync(host, "key", $"http://user:{UserInfo}@server.test/?token={Query}"));
            emitted.Add(await CallAsync(host, "key", $"http://other.test/?token={Query}"));
            await host.Writer<Order>().WriteAsync(new Order(Content, $"http://server.test/orders?token={Query}"));
            host.Clock.Advance(TimeSpan.FromSeconds(5));
            await emitted.LookAsync();
        }

        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(50), () => host.Snapshot("orders") is { Queued: 0, InFlight: 0 });
        host.Ambassadors().ForceOpen("key");
        emitted.Add(await CallAsync(host, "key", $"http://server.test/?token={Query}"));
        await emitted.LookAsync();
        await host.FlushLogAsync();
        await host.StopAsync();
        await emitted.LookAsync();
        emitted.Add(Folder);

        var planted = string.Concat(network.Requests.Select(static request => request.Headers)) + string.Concat(proxy.Served.Concat(tokens.Served).Select(static request => $"{request}{request.Header("Proxy-Authorization")}"));
        string[] forbidden = [Mark, Base64("shop", BasicPassword), Base64("shop", ProxyPassword), Base64("shop", ClientSecret)];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(planted, Does.Contain(ApiKey).And.Contain(Base64("shop", BasicPassword)).And.Contain(Token).And.Contain(Base64("shop", ProxyPassword)), "there was something to tell");
            Assert.That(emitted.All.Select(static one => one.Where).Distinct(), Is.SupersetOf(["log", "log file", "metric", "activity", "snapshot", "health", "exception", "dead letter"]));
            Assert.That(emitted.All.Where(one => forbidden.Any(secret => one.Text.Contains(secret, StringComparison.Ordinal))), Is.Empty);
        }
    }

    private static void Register(HostApplicationBuilder builder, ScriptedServer tokens, ScriptedServer proxy, ScriptedHandler network, string certificate)
    {
        builder.Services.AddHealthChecks().AddAmbassadorHealthChecks().AddSidecarHealthChecks();
        Client("key").AddApiKey(static key => key.Keys.Add(ApiKey));
        Client("basic").AddBasic(static basic => (basic.UserName, basic.Password) = ("shop", BasicPassword));
        Client("oauth").AddClientCredentials(options =>
        {
            options.TokenEndpoint = new Uri(tokens.Uri, "token");
            (options.ClientId, options.ClientSecret) = ("shop", ClientSecret);
        });
        builder.Services.AddAmbassadorClient("certificate", Configure).AddClientCertificate(options => (options.File, options.Password) = (certificate, CertificatePassword));
        builder.Services.AddAmbassadorClient("proxied", Configure).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
        {
            Proxy = new WebProxy(proxy.Uri) { Credentials = new NetworkCredential("shop", ProxyPassword) },
        });

        // Its failures are those of the ambassador, and its dead letters have them in it.
        builder.Services.AddSidecar<Order>(
                "orders",
                async (order, context, ct) =>
                {
                    using var response = await context.Services.GetRequiredService<IHttpClientFactory>().CreateClient("key").GetAsync(new Uri(order.Address), ct);
                    throw new InvalidOperationException($"The server said {(int)response.StatusCode}.");
                },
                static options => options.MaxAttempts = 2)
            .PartitionBy(static order => order.Text);

        IHttpClientBuilder Client(string name) => builder.Services.AddAmbassadorClient(name, Configure).ConfigurePrimaryHttpMessageHandler(() => network);

        static void Configure(AmbassadorOptions options)
        {
            options.BaseAddress = new Uri("http://server.test/");
            options.Authentication.AllowInsecureCredentials = true;
            options.Retry.Delay = options.Retry.ThrottledDelay = TimeSpan.Zero;
        }
    }

    /// <summary>Each end that a call can have, over and over.</summary>
    private static void Script(ScriptedHandler network)
    {
        var calls = 0;
        network.Then((_, _) => (Interlocked.Increment(ref calls) % 8) switch
        {
            0 => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"),
            1 => throw new IOException("cut off"),
            2 => Task.FromResult(ScriptedHandler.Response(401, Content)),
            3 => Task.FromResult(ScriptedHandler.Response(503, Content, retryAfter: Mark)),
            4 => Task.FromResult(Redirect($"http://user:{UserInfo}@server.test/?token={Query}")),
            5 => Task.FromResult(Redirect($"http://evil.test/{Mark}?token={Query}")),
            6 => Task.FromResult(ScriptedHandler.Response(500, Content)),
            _ => Task.FromResult(ScriptedHandler.Response(200, Content)),
        });
    }

    private static HttpResponseMessage Redirect(string location)
    {
        var response = ScriptedHandler.Response(302, Content);
        response.Headers.TryAddWithoutValidation("Location", location);
        return response;
    }

    private static async Task<Exception?> CallAsync(TestHost host, string client, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(address)) { Content = new StringContent(Content) };
        request.Headers.Add("X-Own", Content);
        var call = host.CreateClient(client).SendAsync(request);
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(5), () => call.IsCompleted);
        return await call.FailureAsync();
    }

    private static string Base64(string name, string password) => Convert.ToBase64String(Encoding.ASCII.GetBytes($"{name}:{password}"));

    private string WriteCertificate()
    {
        var file = _certificates.File("shop.pfx");
        using var certificate = TestCertificates.CreateClient("shop");
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pkcs12, CertificatePassword));
        return file;
    }

    private sealed record Order(string Text, string Address);
}
