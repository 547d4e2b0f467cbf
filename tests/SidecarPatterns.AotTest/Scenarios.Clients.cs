using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.AotTest;

/// <content>The scenarios of clients: how they are registered, and what they show of themselves.</content>
internal static partial class Scenarios
{
    private static async Task ClientsAsync()
    {
        var server = new StubServer(static request => request.Headers.TryGetValues("X-Api-Key", out var keys) && keys.Single() == "k3y" ? 200 : 401);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        foreach (var client in (IHttpClientBuilder[])[
            builder.Services.AddHttpClient("existing").AddAmbassador(static options => options.BaseAddress = Address),
            builder.Services.AddAmbassadorClient("named", static options => options.BaseAddress = Address),
            builder.Services.AddAmbassadorClient<PriceClient>(static options => options.BaseAddress = Address),
            builder.Services.AddAmbassadorClient<IPriceClient, PriceClient>(static options => options.BaseAddress = Address),
            builder.Services.AddAmbassadorClient<IOtherPriceClient, PriceClient>("other", static options => options.BaseAddress = Address)])
        {
            client.AddApiKey(static key => key.Keys.Add("k3y")).ConfigurePrimaryHttpMessageHandler(() => server);
        }

        using var host = builder.Build();
        await host.StartAsync();

        foreach (var name in (string[])["existing", "named"])
        {
            using var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient(name);
            using var response = await client.GetAsync(new Uri("prices", UriKind.Relative));
            Check(response.IsSuccessStatusCode, $"{name}: {response.StatusCode}");
        }

        foreach (var client in (IPriceClient[])[
            host.Services.GetRequiredService<PriceClient>(), host.Services.GetRequiredService<IPriceClient>(), host.Services.GetRequiredService<IOtherPriceClient>()])
        {
            Check(await client.AskAsync() == 200, "a typed client is refused");
        }

        Check(server.Requests == 5, $"{server.Requests} requests");
        await host.StopAsync();
    }

    private static async Task ClientCertificateAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var server = NewCertificate(key, "localhost");
        using var client = NewCertificate(key, "prices");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, $"{client.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}");
            await using var repository = new Repository("{}", server);
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Services.AddAmbassadorClient<PriceClient>(options => options.BaseAddress = repository.Address)
                .AddClientCertificate(options => options.File = file)
                .UseSocketsHttpHandler((handler, _) => handler.SslOptions.RemoteCertificateValidationCallback =
                    (_, shown, _, _) => shown?.GetCertHashString() == server.GetCertHashString());
            using var host = builder.Build();
            await host.StartAsync();

            var status = await host.Services.GetRequiredService<PriceClient>().AskAsync();

            Check(status == 200 && repository.Certificates.TryPeek(out var shown) && shown == "CN=prices", $"status {status}, {string.Join(' ', repository.Certificates)}");
            await host.StopAsync();
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Uri Address => new("https://prices.test/");

    private static X509Certificate2 NewCertificate(ECDsa key, string name)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        // A key that is in memory only serves no SslStream on some systems; one that was imported does on all.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null, X509KeyStorageFlags.Exportable);
    }
}
