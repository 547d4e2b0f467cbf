using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Egress follows the configuration while the host runs.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class EgressReloadTests
{
    private readonly ReloadableConfiguration _configuration = new();

    [Test]
    public async Task Change_HostsAndAddresses_HoldForTheNextCall()
    {
        await using var host = await StartAsync(("Ambassadors:shop:BaseAddress", "http://orders"));
        var network = Network(host).Name("orders", "10.0.0.1").Name("other.test", "10.0.0.2");
        (await GetAsync(host, "http://orders/")).Dispose();
        Assert.That((await EgressCalling.RefusalAsync(GetAsync(host, "http://other.test/"))).Reason, Is.EqualTo(EgressReason.Host));

        _configuration.Change(("Ambassadors:shop:BaseAddress", "http://orders"), ("Ambassadors:shop:Egress:AllowedHosts:0", "other.test"));
        (await GetAsync(host, "http://other.test/")).Dispose();
        _configuration.Change(("Ambassadors:shop:BaseAddress", "http://orders"), ("Ambassadors:shop:Egress:DeniedAddresses:0", "10.0.0.0/8"));
        Assert.That((await EgressCalling.RefusalAsync(GetAsync(host, "http://orders/"))).Reason, Is.EqualTo(EgressReason.Address));

        Assert.That(network.Dialled, Has.Count.EqualTo(2));
        Assert.That(
            host.Logs.Named("AmbassadorOptionsChanged")[0].Message, Is.EqualTo("Ambassador 'shop' has new options: Egress:AllowedHosts = 'other.test'."));
    }

    [Test]
    public async Task Change_ToPublic_HoldsForTheNextConnection()
    {
        await using var host = await StartAsync();
        Network(host).Name("inside.test", "10.0.0.1");
        (await GetAsync(host, "http://inside.test/")).Dispose();

        _configuration.Change(("Ambassadors:shop:Egress:Profile", "Public"));

        Assert.That((await EgressCalling.RefusalAsync(GetAsync(host, "http://inside.test/"))).Reason, Is.EqualTo(EgressReason.Address));
    }

    [Test]
    public async Task Change_ToPublicWithAPrimaryHandlerThatCannotBeJudged_RefusesEveryCall()
    {
        using var server = new ScriptedHandler().Then(200);
        await using var host = _configuration.BuildHost(services => services.AddAmbassadorClient("shop").ConfigurePrimaryHttpMessageHandler(() => server));
        await host.StartAsync();
        (await GetAsync(host, "http://orders/")).Dispose();

        _configuration.Change(("Ambassadors:shop:Egress:Profile", "Public"));

        Assert.That((await EgressCalling.RefusalAsync(GetAsync(host, "http://orders/"))).Reason, Is.EqualTo(EgressReason.PrimaryHandler));
    }

    [Test]
    public async Task Change_WrongRange_KeepsTheLastGood()
    {
        await using var host = await StartAsync(("Ambassadors:shop:Egress:DeniedAddresses:0", "10.0.0.0/8"));
        Network(host).Name("inside.test", "10.0.0.1");

        _configuration.Change(("Ambassadors:shop:Egress:DeniedAddresses:0", "10.0.0.1/8"));

        Assert.That(host.Logs.Named("AmbassadorOptionsRefused").Single().Message, Does.Contain(
            "Ambassadors:shop:Egress:DeniedAddresses is '10.0.0.1/8'; allowed is a list of ranges of addresses"));
        Assert.That((await EgressCalling.RefusalAsync(GetAsync(host, "http://inside.test/"))).Reason, Is.EqualTo(EgressReason.Address));
    }

    [TestCase("Ambassadors:shop:Egress:AllowedHosts:0", "example.com")]
    [TestCase("Ambassadors:shop:Egress:DeniedAddresses:0", "10.0.0.0/8")]
    public async Task Start_ListsThatNobodyWouldHeed_Fails(string key, string value)
    {
        _configuration.Change(("Ambassadors:shop:Egress:Profile", "Any"), (key, value));
        await using var host = _configuration.BuildHost(static services => services.AddAmbassadorClient("shop"));

        Assert.That(await host.StartAsync().FailureAsync(), Has.Message.EqualTo(
            "Ambassadors:shop:Egress:Profile is Any; allowed is a profile that checks something, where AllowedHosts, AllowedAddresses or DeniedAddresses are set."));
    }

    private static Task<HttpResponseMessage> GetAsync(TestHost host, string address) => host.CreateClient("shop").GetAsync(new Uri(address)).InTime();

    private static ScriptedNetwork Network(TestHost host)
    {
        var network = new ScriptedNetwork();
        host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("shop").Network = network;
        return network;
    }

    private async Task<TestHost> StartAsync(params (string Key, string? Value)[] settings)
    {
        _configuration.Change(settings);
        var host = _configuration.BuildHost(static services => services.AddAmbassadorClient("shop"));
        await host.StartAsync();
        return host;
    }
}
