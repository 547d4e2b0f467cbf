using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>What endpoints may be, from code and from the configuration.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class AmbassadorEndpointOptionsTests
{
    private const string Address = "an absolute address with http or https, without user info, query and fragment";

    [Test]
    public async Task Start_Configuration_IsBoundAndCodeAddsToIt()
    {
        await using var host = Build(
            static options => options.Endpoints.Add(new AmbassadorEndpoint("http://c.test")),
            ("Endpoints:0:Address", "http://a.test:8080/api"),
            ("Endpoints:0:Weight", "2.5"),
            ("Endpoints:1:Address", "https://b.test"),
            ("Endpoints:1:Priority", "3"),
            ("Endpoints:1:PerAddress", "true"));
        await host.StartAsync();

        var options = host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("prices").Settings.Options;

        Assert.That(
            options.Endpoints.Select(AmbassadorEndpointRules.Show),
            Is.EqualTo(["'http://a.test:8080/api' (weight 2.5)", "'https://b.test/' (priority 3, per address)", "'http://c.test/'"]));
        Assert.That(host.Logs.Named("AmbassadorConfigurationProblem"), Is.Empty);
    }

    [TestCase("Address", "items", "an address that is not shown", Address)]
    [TestCase("Address", "ftp://a.test/", "an address that is not shown", Address)]
    [TestCase("Weight", "0", "0", "a number above 0, up to 1,000,000")]
    [TestCase("Weight", "-1", "-1", "a number above 0, up to 1,000,000")]
    [TestCase("Weight", "1000001", "1000001", "a number above 0, up to 1,000,000")]
    [TestCase("Weight", "much", "'much'", "a number above 0, up to 1,000,000")]
    [TestCase("Priority", "-1", "-1", "a whole number from 0 to 1,000")]
    [TestCase("Priority", "1.5", "'1.5'", "a whole number from 0 to 1,000")]
    [TestCase("PerAddress", "yes", "'yes'", "true or false")]
    public async Task Start_ValueIsNotAllowed_NamesKeyValueAndWhatIsAllowed(string key, string value, string shown, string allowed)
    {
        (string, string)[] settings = [("Endpoints:0:Address", "http://a.test"), ($"Endpoints:1:{key}", value)];
        await using var host = Build(static _ => { }, key == "Address" ? settings : [.. settings, ("Endpoints:1:Address", "http://b.test")]);

        var failure = (OptionsValidationException)(await host.StartAsync().FailureAsync())!;

        Assert.That(failure.Failures, Is.EqualTo([$"Ambassadors:prices:Endpoints:1:{key} is {shown}; allowed is {allowed}."]));
    }

    [TestCase("http://user:canary@a.test")]
    [TestCase("http://a.test?key=canary")]
    [TestCase("http://a.test#canary")]
    [TestCase("relative-canary")]
    public void Endpoint_AddressThatIsNotAllowed_IsToldWithoutItsSecrets(string address)
    {
        var options = new AmbassadorOptions();
        options.Endpoints.Add(new AmbassadorEndpoint(address));

        var failures = AmbassadorOptionRules.FindFailures("prices", options);

        Assert.That(failures, Has.One.EndsWith($"; allowed is {Address}."));
        Assert.That(failures, Has.None.Contains("canary"));
    }

    [Test]
    public void Endpoint_WithoutAddress_IsTold()
    {
        var options = new AmbassadorOptions();
        options.Endpoints.Add(new AmbassadorEndpoint());

        Assert.That(AmbassadorOptionRules.FindFailures("prices", options), Is.EqualTo([$"Ambassadors:prices:Endpoints:0:Address is nothing; allowed is {Address}."]));
    }

    [Test]
    public void Endpoint_Twice_IsTold()
    {
        var options = new AmbassadorOptions();
        options.Endpoints.Add(new AmbassadorEndpoint("http://a.test/"));
        options.Endpoints.Add(new AmbassadorEndpoint("http://a.test/x"));
        options.Endpoints.Add(new AmbassadorEndpoint("HTTP://A.test:80") { Weight = 2 });

        Assert.That(
            AmbassadorOptionRules.FindFailures("prices", options),
            Is.EqualTo(["Ambassadors:prices:Endpoints:2:Address is 'http://a.test/'; allowed is an address that no other endpoint has, and Endpoints:0 has it."]));
    }

    [Test]
    public void Endpoint_InTheClearBesideACredential_IsTold([Values] bool allowsInsecure)
    {
        var options = new AmbassadorOptions();
        options.ApiKey.Keys.Add("key");
        options.Authentication.AllowInsecureCredentials = allowsInsecure;
        options.Endpoints.Add(new AmbassadorEndpoint("https://a.test/"));
        options.Endpoints.Add(new AmbassadorEndpoint("http://localhost:81/"));
        options.Endpoints.Add(new AmbassadorEndpoint("http://b.test/") { PerAddress = true }); // Each address is looked at when it is known.
        options.Endpoints.Add(new AmbassadorEndpoint("http://c.test/"));

        IEnumerable<string> expected = allowsInsecure
            ? []
            : ["Ambassadors:prices:Endpoints:3:Address is 'http://c.test/'; allowed beside a credential is an address with https, or Authentication:AllowInsecureCredentials."];
        Assert.That(AmbassadorOptionRules.FindFailures("prices", options), Is.EqualTo(expected));
    }

    [Test]
    public void EndpointsAndSource_Both_AreTold()
    {
        var options = new AmbassadorOptions();
        options.UseEndpointSource(new NoSource());
        Assert.That(AmbassadorOptionRules.FindFailures("prices", options), Is.Empty);
        options.Endpoints.Add(new AmbassadorEndpoint("http://a.test/"));

        Assert.That(AmbassadorOptionRules.FindFailures("prices", options), Has.One.EndsWith("allowed is either that or UseEndpointSource, and not both."));
    }

    [Test]
    public async Task Start_AddressInThePlaceOfASection_IsTold()
    {
        await using var host = Build(static _ => { }, ("Endpoints:0", "http://a.test"));

        Assert.That(
            await host.StartAsync().FailureAsync(),
            Has.Message.EqualTo("Ambassadors:prices:Endpoints:0 is 'http://a.test'; allowed is a section with Address, Weight, Priority, PerAddress."));
    }

    [TestCase("Endpoints:1:Adress", "Endpoints:0:Address")]
    [TestCase("Balancing:Decai", "Balancing:Decay")]
    public async Task Start_UnknownKey_IsWarnedOfWithTheNearestName(string key, string nearest)
    {
        await using var host = Build(static _ => { }, ("Endpoints:0:Address", "http://a.test"), ("Endpoints:1:Address", "http://b.test"), (key, "x"));
        await host.StartAsync();

        var warned = host.Logs.Named("AmbassadorConfigurationProblem");

        Assert.That(warned, Has.Count.EqualTo(1));
        Assert.That(warned[0].Message, Does.StartWith("Ambassadors:prices:" + key).And.Contain(nearest));
    }

    [Test]
    public async Task Change_OtherEndpoints_TakeEffectAndAreTold()
    {
        var configuration = new ReloadableConfiguration();
        configuration.Change(("Ambassadors:prices:Endpoints:0:Address", "http://a.test"));
        await using var host = configuration.BuildHost(static services => services.AddAmbassadorClient("prices"));
        await host.StartAsync();
        var directory = host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("prices").Endpoints;
        var kept = directory.Balancer.Set.Single;

        configuration.Change(("Ambassadors:prices:Endpoints:1:Address", "http://b.test"), ("Ambassadors:prices:Endpoints:1:Weight", "4"));

        Assert.That(directory.Balancer.Set.All.Select(static endpoint => (endpoint.Address!.Key, endpoint.Weight)), Is.EqualTo([("http://a.test", 1.0), ("http://b.test", 4.0)]));
        Assert.That(directory.Balancer.Set.All[0], Is.SameAs(kept));
        Assert.That(host.Logs.Named("AmbassadorOptionsChanged")[0].Message, Does.EndWith("Endpoints = 'http://a.test/', 'http://b.test/' (weight 4)."));

        configuration.Change(("Ambassadors:prices:Endpoints:1:Weight", "0"));
        Assert.That(directory.Balancer.Set.All[1].Weight, Is.EqualTo(4), "a wrong change changes nothing");
    }

    private static TestHost Build(Action<AmbassadorOptions> configure, params (string Key, string Value)[] settings) => TestHost.BuildWith(builder =>
    {
        builder.Configuration.AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create("Ambassadors:prices:" + setting.Key, (string?)setting.Value)));
        builder.Services.AddAmbassadorClient("prices", configure);
    });

    private sealed class NoSource : IEndpointSource
    {
        public ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct) => new(new AmbassadorEndpointSet([]));
    }
}
