using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>Certificates of clients, over real handshakes.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class ClientCertificateTests : IDisposable
{
    private const string Password = "s3cr3t-c4n4ry";

    private readonly string _folder = Directory.CreateTempSubdirectory("certificates").FullName;
    private readonly ConcurrentQueue<string?> _shown = new();

    private string Pfx => Path.Combine(_folder, "client.pfx");

    private string Pem => Path.Combine(_folder, "client.pem");

    private string Key => Path.Combine(_folder, "client.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Connection_CertificateOfAFile_IsShown([Values("pfx", "pem", "pem and key", "pem and encrypted key")] string kind)
    {
        Write(kind, "client one");
        await using var server = Server();
        await using var calling = Call(server, kind);

        using var response = await calling.GetAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(_shown, Is.EqualTo(["client one"]));
        Assert.That(calling.Logs.Named("ClientCertificateUnused"), Is.Empty);
    }

    [Test]
    public async Task File_Changes_NewConnectionsShowTheNewOneAndOldOnesStay()
    {
        Write("pfx", "one");
        await using var server = Server();
        await using var calling = Call(server, "pfx");
        (await calling.GetAsync()).Dispose();

        Write("pfx", "two");
        (await calling.GetAsync()).Dispose();
        Assert.That(_shown, Is.EqualTo(["one"]), "the connection is there");
        server.InTurn(Answer.With(200, "", ("Connection", "close")), Answer.With(200));
        (await calling.GetAsync()).Dispose();
        (await calling.GetAsync()).Dispose();

        Assert.That(_shown, Is.EqualTo(["one", "two"]));
        Assert.That(calling.Logs.Named("ClientCertificateChanged"), Has.Count.EqualTo(1));
    }

    [TestCase("garbage")]
    [TestCase("without key")]
    [TestCase("expired")]
    [TestCase("other password")]
    [TestCase("gone")]
    public async Task File_BecomesBad_OldOneIsKeptAndItIsToldOnce(string how)
    {
        Write("pfx", "one");
        await using var server = Server(answer: Answer.With(200, "", ("Connection", "close")));
        await using var calling = Call(server, "pfx");
        (await calling.GetAsync()).Dispose();

        Spoil(how);
        (await calling.GetAsync()).Dispose();
        (await calling.GetAsync()).Dispose();
        Assert.That(_shown, Is.EqualTo(["one", "one", "one"]));
        Assert.That(calling.Logs.Named("ClientCertificateRefused"), Has.Count.EqualTo(1));
        Assert.That(calling.Logs.Entries.Select(static entry => entry.Message), Has.None.Contains(Password));

        Write("pfx", "two");
        (await calling.GetAsync()).Dispose();
        Assert.That(_shown.Last(), Is.EqualTo("two"));
    }

    [TestCase("garbage")]
    [TestCase("without key")]
    [TestCase("expired")]
    [TestCase("gone")]
    public void Start_FileIsBad_FailsAndNamesIt(string how)
    {
        Spoil(how);
        var options = new AmbassadorOptions();
        (options.ClientCertificate.File, options.ClientCertificate.Password) = (Pfx, Password);

        Assert.That(
            () => new AmbassadorHandler(options),
            Throws.TypeOf<OptionsValidationException>().With.Message.StartsWith($"Ambassadors:ambassador:ClientCertificate:File is '{Pfx}'; allowed is").And.Message.Not.Contains(Password));
    }

    [Test]
    public async Task Connection_FileIsGoneBeforeTheFirst_NoneIsMadeWithoutACertificate()
    {
        Write("pfx", "one");
        await using var server = Server();
        await using var calling = Call(server, "pfx");
        calling.Unseen = 1;
        File.Delete(Pfx);

        Assert.That(
            await calling.GetAsync().FailureAsync(),
            Is.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.SecureConnectionError));
        Assert.That(server.Requests, Is.Zero);
    }

    [Test]
    public async Task Connection_ToAnotherHost_ShowsNone()
    {
        Write("pfx", "one");
        await using var other = Server("127.0.0.1");
        await using var server = Server(answer: Answer.With(302, "", ("Location", other.Uri.AbsoluteUri)));
        await using var calling = Call(server, "pfx", [server, other]);

        using var response = await calling.GetAsync();

        Assert.That(_shown, Is.EqualTo(["one", null]));
    }

    [TestCase("endpoint")]
    [TestCase("source")]
    public async Task Connection_ToAnEndpointBesideTheBaseAddress_ShowsIt(string kind)
    {
        Write("pfx", "one");
        await using var server = Server();
        await using var calling = new FaultCalling([server], new Uri("https://orders.test/"), options =>
        {
            Configure("pfx")(options);
            var endpoint = new AmbassadorEndpoint(server.Uri);
            if (kind == "source")
            {
                options.UseEndpointSource(new FixedSource(endpoint));
            }
            else
            {
                options.Endpoints.Add(endpoint);
            }
        });

        using var response = await calling.GetAsync();

        Assert.That(_shown, Is.EqualTo(["one"]));
    }

    [Test]
    public async Task Connection_NoHostIsNamed_ShowsItAndSaysSoOnce()
    {
        Write("pfx", "one");
        await using var server = Server();
        await using var calling = new FaultCalling([server], server.Uri, options =>
        {
            Configure("pfx")(options);
            options.BaseAddress = null;
        });

        (await calling.GetAsync()).Dispose();
        (await calling.GetAsync()).Dispose();

        Assert.That(_shown, Is.EqualTo(["one"]));
        Assert.That(calling.Logs.Named("CredentialIsUnbound"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Reload_FileHasBecomeBad_ChangesOfOtherOptionsAreTaken()
    {
        Write("pfx", "one");
        var configuration = new ReloadableConfiguration();
        configuration.Change(
            ("Ambassadors:orders:BaseAddress", "https://orders.test"), ("Ambassadors:orders:ClientCertificate:File", Pfx), ("Ambassadors:orders:ClientCertificate:Password", Password));
        await using var host = configuration.BuildHost(static services => services.AddAmbassadorClient("orders"));
        await host.StartAsync();

        Spoil("expired");
        configuration.Change(("Ambassadors:orders:Timeout", "00:00:07"));
        Assert.That(SettingsOf(host).Timeout, Is.EqualTo(TimeSpan.FromSeconds(7)));

        configuration.Change(("Ambassadors:orders:Timeout", "00:00:08"), ("Ambassadors:orders:ClientCertificate:File", Pem));
        Assert.That((SettingsOf(host).Timeout, SettingsOf(host).ClientCertificate.File), Is.EqualTo((TimeSpan.FromSeconds(7), Pfx)), "another file is looked at");
    }

    [Test]
    public async Task Reload_FileWhereThereWasNone_WaitsForTheNextHandlerAndSaysSo()
    {
        Write("pem", "one");
        var configuration = new ReloadableConfiguration();
        configuration.Change(("Ambassadors:orders:BaseAddress", "https://orders.test"));
        await using var host = configuration.BuildHost(static services => services.AddAmbassadorClient("orders"));
        await host.StartAsync();

        configuration.Change(("Ambassadors:orders:ClientCertificate:File", Pem));

        Assert.That(host.Logs.Named("AmbassadorConfigurationProblem").Single().Message, Does.Contain("ClientCertificate:File").And.Contain("takes effect with the next handler that is built"));
    }

    private static AmbassadorOptions SettingsOf(TestHost host) => host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("orders").Settings.Options;


    [TestCase(true, 1)]
    [TestCase(false, 0)]
    public async Task PrimaryHandler_OfTheUsers_IsWarnedOfWhereThereIsACertificate(bool isThere, int times)
    {
        Write("pfx", "one");
        await using var calling = new Calling(isThere ? Configure("pfx") : null);
        calling.Server.Then(200);

        (await calling.GetAsync()).Dispose();
        (await calling.GetAsync()).Dispose();

        Assert.That(calling.Logs.Named("ClientCertificateUnused"), Has.Count.EqualTo(times));
    }

    [TestCase("https://orders.test/", "ORDERS.test.", true)]
    [TestCase("https://orders.test./", "orders.test", true)]
    [TestCase("https://[::1]:8443/", "::1", true)]
    [TestCase("https://[::1]:8443/", "[::1]", true)]
    [TestCase("https://orders.test/", "rders.test", false)]
    [TestCase("https://orders.test/", "source.test", true)]
    public void Select_Host_IsOneOfTheClientsOwnByWhicheverNotation(string own, string host, bool expected)
    {
        Write("pfx", "one");
        var options = new AmbassadorOptions { BaseAddress = new Uri(own) };
        Configure("pfx")(options);
        var source = SourceOf(() => options, static name => name == "source.test");

        Assert.That(source.Select(host)?.Subject, Is.EqualTo(expected ? "CN=one" : null));
    }

    [Test]
    public void Select_NoFileAnyMore_ShowsNone()
    {
        Write("pfx", "one");
        var options = new AmbassadorOptions();
        Configure("pfx")(options);
        var source = SourceOf(() => options);
        Assert.That((source.IsConfigured, source.Select("a.test")?.Subject), Is.EqualTo((true, "CN=one")));

        options.ClientCertificate.File = null;

        Assert.That((source.IsConfigured, source.Select("a.test")), Is.EqualTo((false, (X509Certificate2?)null)));
    }

    [Test]
    public void Select_FilesStayAsTheyAre_IsReadOnce()
    {
        Write("pem and key", "one");
        var options = new AmbassadorOptions();
        Configure("pem and key")(options);
        var source = SourceOf(() => options);

        var first = source.Select("a.test");

        Assert.That(source.Select("a.test"), Is.Not.Null.And.SameAs(first));
    }

    [Test]
    public void Select_OneOfSeveralHostsOfTheClients_ShowsIt()
    {
        Write("pfx", "one");
        var options = new AmbassadorOptions { BaseAddress = new Uri("https://orders.test/") };
        options.Endpoints.Add(new AmbassadorEndpoint("https://a.test/"));
        Configure("pfx")(options);
        var source = SourceOf(() => options);

        Assert.That((source.Select("orders.test")?.Subject, source.Select("a.test")?.Subject, source.Select("b.test")), Is.EqualTo(("CN=one", "CN=one", (X509Certificate2?)null)));
    }

    [Test]
    public void Select_FileBecomesBadInAnotherWay_IsToldOfEachStateOnce()
    {
        Write("pfx", "one");
        using var logs = new LogRecorder();
        var options = new AmbassadorOptions();
        Configure("pfx")(options);
        var source = SourceOf(() => options, logs: logs);
        source.Select("a.test");

        foreach (var content in (string[])["garbage", "garbage", "other garbage", "other garbage"])
        {
            File.WriteAllText(Pfx, content);
            source.Select("a.test");
        }

        Assert.That(logs.Named("ClientCertificateRefused"), Has.Count.EqualTo(2));
    }

    [TestCase("pem and key", "key")]
    [TestCase("pem and encrypted key", "password")]
    public void Select_OnlyTheKeyOrThePasswordBecomesBad_IsToldOfAndTheOldOneIsKept(string kind, string what)
    {
        Write(kind, "one");
        using var logs = new LogRecorder();
        var options = new AmbassadorOptions();
        Configure(kind)(options);
        var source = SourceOf(() => options, logs: logs);
        var before = source.Select("a.test");

        if (what == "key")
        {
            File.WriteAllText(Key, "garbage");
        }
        else
        {
            options.ClientCertificate.Password = "another";
        }

        Assert.That(source.Select("a.test"), Is.Not.Null.And.SameAs(before));
        Assert.That(logs.Named("ClientCertificateRefused"), Has.Count.EqualTo(1));
        Assert.That(logs.Named("ClientCertificateChanged"), Is.Empty);
    }

    [Test]
    public void Select_FileCanNotBeRead_IsToldOfByTheTypeAloneAndOnce()
    {
        Write("pfx", "one");
        using var logs = new LogRecorder();
        var options = new AmbassadorOptions();
        Configure("pfx")(options);
        var source = SourceOf(() => options, logs: logs);
        File.Delete(Pfx);

        for (var i = 0; i < 2; i++)
        {
            Assert.That(
                () => source.Select("a.test"),
                Throws.TypeOf<System.Security.Authentication.AuthenticationException>().With.Message.EqualTo("Ambassador 'orders' has no client certificate that can be used."));
        }

        Assert.That(
            logs.Named("ClientCertificateRefused").Select(static entry => entry.Message),
            Is.EqualTo(["Ambassador 'orders' can not use the file of its client certificate: FileNotFoundException. Connections go on with the one of before, if there was one; this is said once for each state of the file."]));
    }

    [Test]
    public void Read_PasswordForAKeyThatIsNotEncrypted_IsNotNeeded()
    {
        Write("pem and key", "one");

        using var certificate = ClientCertificateFile.Read(new AmbassadorClientCertificateOptions { File = Pem, KeyFile = Key, Password = Password });

        Assert.That((certificate.Subject, certificate.HasPrivateKey), Is.EqualTo(("CN=one", true)));
    }

    private static ClientCertificateSource SourceOf(Func<AmbassadorOptions> options, Func<string, bool>? isEndpoint = null, LogRecorder? logs = null) =>
        new("orders", options, isEndpoint ?? (static _ => false), logs?.CreateLogger("test") ?? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    private ScriptedServer Server(string name = "localhost", Answer? answer = null) =>
        ScriptedServer.StartMutualTls(name == "localhost" ? TestCertificates.Localhost : TestCertificates.Loopback, shown =>
        {
            _shown.Enqueue(shown);
            return true;
        }, name).Answers(answer ?? Answer.With(200));

    private FaultCalling Call(ScriptedServer server, string kind, IReadOnlyList<ScriptedServer>? all = null) =>
        new(all ?? [server], server.Uri, options =>
        {
            Configure(kind)(options);
            options.Egress.Profile = EgressProfile.Any; // Redirects may lead to another server.
        });

    private Action<AmbassadorOptions> Configure(string kind) => options =>
    {
        options.ClientCertificate.File = kind == "pfx" ? Pfx : Pem;
        options.ClientCertificate.KeyFile = kind.Contains("key", StringComparison.Ordinal) ? Key : null;
        options.ClientCertificate.Password = kind is "pfx" or "pem and encrypted key" ? Password : null;
    };

    private void Write(string kind, string name, bool isExpired = false)
    {
        using var certificate = TestCertificates.CreateClient(name, isExpired);
        using var key = certificate.GetECDsaPrivateKey()!;
        switch (kind)
        {
            case "pfx":
                File.WriteAllBytes(Pfx, certificate.Export(X509ContentType.Pkcs12, Password));
                break;
            case "pem":
                File.WriteAllText(Pem, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
                break;
            case "pem and key":
                File.WriteAllText(Pem, certificate.ExportCertificatePem());
                File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
                break;
            default:
                File.WriteAllText(Pem, certificate.ExportCertificatePem());
                File.WriteAllText(Key, key.ExportEncryptedPkcs8PrivateKeyPem(
                    Password, new System.Security.Cryptography.PbeParameters(System.Security.Cryptography.PbeEncryptionAlgorithm.Aes256Cbc, System.Security.Cryptography.HashAlgorithmName.SHA256, 1000)));
                break;
        }
    }

    private void Spoil(string how)
    {
        using var certificate = TestCertificates.CreateClient("spoilt");
        switch (how)
        {
            case "garbage":
                File.WriteAllText(Pfx, "garbage");
                break;
            case "without key":
                using (var without = X509CertificateLoader.LoadCertificate(certificate.Export(X509ContentType.Cert)))
                {
                    File.WriteAllBytes(Pfx, without.Export(X509ContentType.Pkcs12, Password)!);
                }

                break;
            case "expired":
                Write("pfx", "spoilt", isExpired: true);
                break;
            case "other password":
                File.WriteAllBytes(Pfx, certificate.Export(X509ContentType.Pkcs12, "another"));
                break;
            default:
                File.Delete(Pfx);
                break;
        }
    }

    private sealed class FixedSource(AmbassadorEndpoint endpoint) : IEndpointSource
    {
        public ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct) => new(new AmbassadorEndpointSet([endpoint]));
    }
}
