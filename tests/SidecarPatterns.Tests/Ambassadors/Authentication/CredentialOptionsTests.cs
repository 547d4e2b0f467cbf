using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>What the options of credentials may be, and that none of their secrets is shown.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class CredentialOptionsTests : IDisposable
{
    private const string Canary = "c4n4ry";
    private const string Words = "a list of words of visible ASCII characters";

    private static readonly string[] Sections = ["ClientCredentials:", "ApiKey:", "Basic:", "ClientCertificate:"];
    private static readonly (string, string)[] Token = [("ClientCredentials:TokenEndpoint", "https://a.test/token"), ("ClientCredentials:ClientId", "id"), ("ClientCredentials:ClientSecret", Canary)];

    private readonly ReloadableConfiguration _configuration = new();
    private readonly string _file = Path.GetTempFileName();

    /// <summary>Whether an option is tested here.</summary>
    public static bool Covers(string key) => Sections.Any(section => key.StartsWith(section, StringComparison.Ordinal));

    public void Dispose() => File.Delete(_file);

    [Test]
    public async Task Start_TokenOfTheConfiguration_IsBound()
    {
        Set([
            .. Token, ("ClientCredentials:Method", "clientSecretPost"), ("ClientCredentials:Scopes:0", "a"), ("ClientCredentials:Scopes:1", "b"), ("ClientCredentials:Audience", "x"),
            ("ClientCredentials:Resources:0", "urn:x"), ("ClientCredentials:Parameters:tenant id", Canary),
        ]);
        await using var host = _configuration.BuildHost(static services => services.AddAmbassadorClient("prices"));
        await host.StartAsync();

        var options = host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("prices").Settings.Options;
        var token = options.ClientCredentials;

        using (Assert.EnterMultipleScope())
        {
            Assert.That((token.TokenEndpoint, token.ClientId, token.ClientSecret, token.Method), Is.EqualTo((new Uri("https://a.test/token"), "id", Canary, ClientAuthenticationMethod.ClientSecretPost)));
            Assert.That((token.Scopes, token.Audience, token.Resources, token.Parameters["tenant id"]), Is.EqualTo((new[] { "a", "b" }, "x", new[] { "urn:x" }, Canary)));
            Assert.That(host.Logs.Named("AmbassadorConfigurationProblem"), Is.Empty);
            Assert.That(string.Concat(AmbassadorOptionRules.Table.Rules.Select(rule => rule.Show(options))), Does.Not.Contain(Canary));
        }
    }

    [TestCase("ClientCredentials:TokenEndpoint", "ftp://a.test/", "nothing, or an absolute address with http or https, without user info")]
    [TestCase("ClientCredentials:ClientId", " ", "nothing, or a name")]
    [TestCase("ClientCredentials:Method", "None", "ClientSecretBasic, ClientSecretPost or PrivateKeyJwt")]
    [TestCase("ClientCredentials:Scopes:0", "a b", Words)]
    [TestCase("ClientCredentials:Resources:0", "urn:\u00e4", Words)]
    [TestCase("ApiKey:Header", "X Key", "the name of a header")]
    [TestCase("ApiKey:Scheme", "a b", "nothing, or the name of a scheme")]
    [TestCase("ApiKey:Keys:0", "c4n4ry\r\n", "a list of texts of visible ASCII characters")]
    [TestCase("ClientCredentials:Audience", " ", "nothing, or a name")]
    [TestCase("Basic:UserName", " ", "nothing, or a name")]
    [TestCase("ClientCertificate:File", " ", "nothing, or a name")]
    public async Task Start_ValueIsNotAllowed_FailsAndNamesTheKeyAndWhatIsAllowed(string key, string value, string allowed)
    {
        Set([.. Token, (key, value)]);

        var failures = await FailuresAsync();

        Assert.That(failures, Has.Some.StartsWith($"Ambassadors:prices:{key.Replace(":0", "", StringComparison.Ordinal)} is ").And.Some.EndsWith($"; allowed is {allowed}."));
        Assert.That(failures, Has.None.Contains(Canary));
    }

    [TestCase("TokenEndpoint", null, "Ambassadors:prices:ClientCredentials:TokenEndpoint is nothing; allowed is an absolute address with https.")]
    [TestCase("TokenEndpoint", "http://a.test/token?x=c4n4ry", "Ambassadors:prices:ClientCredentials:TokenEndpoint is 'http://a.test/token'; allowed is an address with https, or Authentication:AllowInsecureCredentials.")]
    [TestCase("ClientId", null, "Ambassadors:prices:ClientCredentials:ClientId is nothing; allowed is a name.")]
    [TestCase("ClientSecret", null, "Ambassadors:prices:ClientCredentials:ClientSecret is nothing; allowed is a text that is not empty.")]
    [TestCase("Method", "PrivateKeyJwt", "Ambassadors:prices:ClientCredentials:Method is PrivateKeyJwt; allowed is that with UseSigningKey or UseAssertion alone.")]
    public async Task Start_TokenIsNotComplete_SaysWhatIsMissing(string key, string? value, string expected)
    {
        Set([.. Token]);
        _configuration.Change(("Ambassadors:prices:ClientCredentials:" + key, value));

        Assert.That(await FailuresAsync(), Is.EqualTo([expected]));
    }

    [Test]
    public async Task Start_TokenIsAskedForAndNothingIsSet_SaysSo()
    {
        await using var host = TestHost.Build(static services => services.AddAmbassadorClient("prices").AddClientCredentials());

        Assert.That(await host.StartAsync().FailureAsync(), Is.TypeOf<OptionsValidationException>().With.Message.Contains("TokenEndpoint is nothing").And.Message.Contains("ClientId is nothing"));
    }

    [Test]
    public async Task Start_TwoCredentials_IsRefused()
    {
        Set([.. Token, ("ApiKey:Keys:0", Canary), ("Basic:UserName", "a:b"), ("Basic:Password", Canary)]);

        var failures = await FailuresAsync();

        Assert.That(failures, Has.Some.EqualTo("Ambassadors:prices has ClientCredentials and ApiKey and Basic; allowed is one credential."));
        Assert.That(failures, Has.Some.EqualTo("Ambassadors:prices:Basic:UserName has a colon; allowed is a name without one."));
        Assert.That(failures, Has.None.Contains(Canary));
    }

    [Test]
    public async Task Start_ProviderBesideAKey_IsRefused()
    {
        Set([("ApiKey:Keys:0", Canary)]);

        Assert.That(
            await FailuresAsync(static client => client.AddCredential<Nobody>()),
            Is.EqualTo(["Ambassadors:prices has ApiKey and UseCredential; allowed is one credential."]));
    }

    [TestCase("RetryDelay", "00:01:00", "Ambassadors:prices:Authentication:RetryDelay is 00:01:00; allowed is a duration up to Authentication:MaxRetryDelay, which is 00:00:30.")]
    [TestCase("RetryDelay", "49.00:00:00", "Ambassadors:prices:Authentication:RetryDelay is 49.00:00:00; allowed is a duration up to Authentication:MaxRetryDelay, which is 00:00:30.")]
    [TestCase("MaxRetryDelay", "00:00:00", "Ambassadors:prices:Authentication:MaxRetryDelay is 00:00:00; allowed is a duration above 00:00:00, up to 49.00:00:00, written as [d.]hh:mm:ss[.fff].")]
    [TestCase("RenewalPause", "00:20:00", "Ambassadors:prices:Authentication:RenewalPause is 00:20:00; allowed is a duration up to Authentication:MaxRenewalPause, which is 00:10:00.")]
    public async Task Start_DelaysContradictEachOther_NamesBoth(string key, string value, string expected)
    {
        Set([("Authentication:" + key, value)]);

        Assert.That(await FailuresAsync(), Is.EqualTo([expected]));
    }

    [TestCase("ApiKey:Keys:0", "ApiKey")]
    [TestCase("Basic:UserName", "Basic")]
    [TestCase("ClientCertificate:File", "ClientCertificate")]
    public async Task Start_PublicAddressesAndACredentialForNobody_IsRefused(string key, string credential)
    {
        using var certificate = TestCertificates.CreateClient("prices");
        using var privateKey = certificate.GetECDsaPrivateKey()!;
        await File.WriteAllTextAsync(_file, certificate.ExportCertificatePem() + "\n" + privateKey.ExportPkcs8PrivateKeyPem());
        Set([("Egress:Profile", "Public"), (key, credential == "ClientCertificate" ? _file : Canary)]);

        Assert.That(
            await FailuresAsync(),
            Is.EqualTo([$"Ambassadors:prices:Egress:Profile is Public; allowed is that with {credential} only where BaseAddress or Endpoints say whom to show it to."]));

        Set([("BaseAddress", "https://prices.test")]);
        await using var host = _configuration.BuildHost(static services => services.AddAmbassadorClient("prices"));
        await host.StartAsync();
    }

    [Test]
    public async Task Start_CertificateThatIsNotThere_SaysWhyItCanNotBeUsed()
    {
        Set([("ClientCertificate:File", _file)]);
        File.Delete(_file);

        Assert.That(
            await FailuresAsync(),
            Is.EqualTo([
                $"Ambassadors:prices:ClientCertificate:File is '{_file}'; allowed is a PKCS#12 or PEM file with a private key whose time is not over, "
                + "and that one can not be used (FileNotFoundException).",
            ]));
    }

    [Test]
    public async Task Start_TokenInTheClearThatIsAllowed_Starts()
    {
        Set([.. Token, ("ClientCredentials:TokenEndpoint", "http://a.test/token"), ("Authentication:AllowInsecureCredentials", "true")]);
        await using var host = _configuration.BuildHost(static services => services.AddAmbassadorClient("prices"));

        Assert.That(await host.StartAsync().FailureAsync(), Is.Null);
    }

    [Test]
    public async Task Start_OtherKeysAreUnreadable_SecretsAreNotShown()
    {
        Set([.. Token, ("Timeout", "soon"), ("ApiKey:Keys", Canary), ("ClientCredentials:Parameters", Canary)]);

        Assert.That(string.Concat(await FailuresAsync()), Does.Contain("Timeout is 'soon'").And.Not.Contain(Canary));
    }

    [Test]
    public void AddCredential_ArgumentIsNull_Throws()
    {
        var client = new ServiceCollection().AddAmbassadorClient("prices");
        IHttpClientBuilder none = null!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => none.AddClientCredentials(), Throws.ArgumentNullException);
            Assert.That(() => none.AddApiKey(static _ => { }), Throws.ArgumentNullException);
            Assert.That(() => none.AddBasic(static _ => { }), Throws.ArgumentNullException);
            Assert.That(() => none.AddClientCertificate(static _ => { }), Throws.ArgumentNullException);
            Assert.That(() => none.AddCredential<Nobody>(), Throws.ArgumentNullException);
            Assert.That(() => client.AddApiKey(null!), Throws.ArgumentNullException);
            Assert.That(() => client.AddBasic(null!), Throws.ArgumentNullException);
            Assert.That(() => client.AddClientCertificate(null!), Throws.ArgumentNullException);
        }
    }

    private void Set(params IReadOnlyList<(string Key, string Value)> settings) =>
        _configuration.Change([.. settings.Select(static setting => ("Ambassadors:prices:" + setting.Key, (string?)setting.Value))]);

    private async Task<IReadOnlyList<string>> FailuresAsync(Action<IHttpClientBuilder>? configure = null)
    {
        await using var host = _configuration.BuildHost(services =>
        {
            var client = services.AddAmbassadorClient("prices");
            configure?.Invoke(client);
        });
        var failure = await host.StartAsync().FailureAsync();
        Assert.That(failure, Is.TypeOf<OptionsValidationException>());
        return [.. ((OptionsValidationException)failure!).Failures];
    }

    private sealed class Nobody : IAmbassadorCredentialProvider
    {
        public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) => throw new NotSupportedException();
    }
}
