using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Proxies of the environment: for configured hosts as the network would use them, for public addresses never.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EgressProxyTests
{
    private const string Public = "93.184.216.34";

    private IWebProxy _before = null!;

    [OneTimeSetUp]
    public void SetUp() => (_before, HttpClient.DefaultProxy) = (HttpClient.DefaultProxy, new ProxiedOnly());

    [OneTimeTearDown]
    public void TearDown() => HttpClient.DefaultProxy = _before;

    [Test]
    public async Task Get_ConfiguredHosts_GoesThroughTheProxyWhoseAddressIsJudged()
    {
        await using var server = ScriptedServer.Start().Answers(200, "by the proxy");
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts, static options => options.BaseAddress = new Uri("http://orders.proxied.test"));
        calling.Network.Serves(server).Name("proxy.test", "10.0.0.9");
        for (var i = 0; i < 2; i++)
        {
            using var response = await calling.GetAsync("items");
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("by the proxy"));
        }

        Assert.That(calling.Network.Resolved, Is.EqualTo(["proxy.test"]), "the target is for the proxy to resolve");
        Assert.That(server.Served[0].Target, Is.EqualTo("http://orders.proxied.test/items"));
        Assert.That(calling.Logs.Named("ProxyIsUsed"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Get_ConfiguredHosts_SendsNoOtherHostToTheProxy()
    {
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts, static options => options.BaseAddress = new Uri("http://orders.proxied.test"));
        calling.Network.Name("proxy.test", "10.0.0.9");

        Assert.That((await calling.RefusalAsync("http://other.proxied.test/")).Reason, Is.EqualTo(EgressReason.Host));
        Assert.That(calling.Network.Dialled, Is.Empty);
    }

    [Test]
    public async Task Get_AnyHostOverAProxy_DoesNotAskItForAnAddressThatIsNeverCalled()
    {
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts);
        calling.Network.Name("proxy.test", "10.0.0.9");

        Assert.That((await calling.RefusalAsync("http://169.254.169.254/")).Reason, Is.EqualTo(EgressReason.Address));
        Assert.That(calling.Network.Dialled, Is.Empty);
    }

    [TestCase("http")]
    [TestCase("https")]
    public async Task Get_AddressOfTheProxyIsNeverCalled_IsRefused(string scheme)
    {
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts, options => options.BaseAddress = new Uri($"{scheme}://orders.proxied.test"));
        calling.Network.Name("proxy.test", "169.254.0.9");

        var refusal = await calling.RefusalAsync("items");

        Assert.That((refusal.Reason, refusal.Host), Is.EqualTo((EgressReason.Address, "proxy.test")), "also out of the request for a tunnel, which wraps once more");
        Assert.That(calling.Network.Resolved, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Get_Tunnel_IsMadeThroughTheProxy()
    {
        await using var server = ScriptedServer.Start().OnHead(static (_, connection) => connection.RespondAsync(502));
        await using var calling = new EgressCalling(
            EgressProfile.ConfiguredHosts, static options => (options.BaseAddress, options.Retry.MaxAttempts) = (new Uri("https://orders.proxied.test"), 1));
        calling.Network.Serves(server).Name("proxy.test", "10.0.0.9");

        var failure = await calling.GetAsync("items").FailureAsync();

        Assert.That(failure, Is.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ProxyTunnelError));
        Assert.That((server.Served[0].Method, server.Served[0].Target), Is.EqualTo(("CONNECT", "orders.proxied.test:443")));
        Assert.That(calling.Logs.Named("ProxyIsUsed"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Get_Public_DoesNotUseTheProxy()
    {
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Name("proxy.test", Public).Name("hooks.proxied.test", "1.1.1.1");

        using var response = await calling.GetAsync("http://hooks.proxied.test/");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Network.Dialled.Single().Address.ToString(), Is.EqualTo("1.1.1.1"));
    }

    [Test]
    public async Task Get_PublicAfterAChangeOfTheOptions_UsesItNoMore()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts);
        calling.Network.Serves(server).Name("proxy.test", "10.0.0.9").Name("hooks.proxied.test", Public);
        (await calling.GetAsync("http://hooks.proxied.test/")).Dispose();

        var changed = new AmbassadorOptions();
        changed.Egress.Profile = EgressProfile.Public;
        calling.State.Apply(new AmbassadorSettings(changed, default, calling.Clock));
        (await calling.GetAsync("http://hooks.proxied.test/")).Dispose();

        Assert.That(calling.Network.Dialled.Select(static endPoint => endPoint.Address.ToString()), Is.EqualTo(["10.0.0.9", Public]), "although a connection to it was kept");
    }

    /// <summary>A proxy for hosts of this test alone: all tests of the process share it.</summary>
    private sealed class ProxiedOnly : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : new Uri("http://proxy.test:3128");

        public bool IsBypassed(Uri host) => !host.Host.EndsWith(".proxied.test", StringComparison.Ordinal);
    }
}
