using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Calls of an ambassador whose endpoints are the addresses of a name.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class PerAddressCallTests
{
    private const string Name = "orders.test";

    [Test]
    public async Task Send_RetriesToo_GoToAnAddressWithTheNameAndNothingOfThatIsLeft()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(500), Answer.With(200));
        await using var calling = To(server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "items?x=1");

        using var response = await calling.Client.SendAsync(request).InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(calling.Network.Dialled.Select(static one => one.Address.ToString()), Is.EquivalentTo(["10.1.2.3", "10.1.2.4"]));
            AssertNamed(server);
            AssertLogical(response, "/items?x=1");
            Assert.That(request.Headers.Host, Is.Null);
        }
    }

    [Test]
    public async Task Hedge_HasTheNameToo()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.Stall, Answer.With(200));
        await using var calling = To(server, static options =>
        {
            options.Hedging.Enabled = true;
            options.Hedging.Delay = TimeSpan.FromMilliseconds(50);
        });
        var call = calling.GetAsync("items");
        await server.WhenRequestedAsync(1);
        await calling.Clock.PassAsync(TimeSpan.FromMilliseconds(50));

        using var response = await call;

        AssertNamed(server);
        AssertLogical(response, "/items");
        Assert.That(calling.Network.Dialled.Select(static one => one.Address), Is.Unique);
        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Cancelled] == 1);
    }

    [TestCase("/moved")]
    [TestCase("moved")]
    [TestCase("http://orders.test/moved")]
    public async Task Redirect_ToItself_GoesOnToTheSameAddressWithAllThatTheRequestHas(string location)
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(302, "", ("Location", location)), Answer.With(200));
        await using var calling = To(server, static options =>
        {
            options.ApiKey.Keys.Add("key");
            options.Authentication.AllowInsecureCredentials = true;
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "items");
        request.Headers.Add("Cookie", "a=b");

        using var response = await calling.Client.SendAsync(request).InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(server.Served.Select(static one => one.Target), Is.EqualTo(["/items", "/moved"]));
            Assert.That(calling.Network.Dialled.Select(static one => one.Address).Distinct().Count(), Is.EqualTo(1));
            AssertNamed(server);
            AssertLogical(response, "/moved");
            Assert.That(server.Served.Select(static one => $"{one.Header("X-Api-Key")} {one.Header("Cookie")}"), Is.All.EqualTo("key a=b"));
        }
    }

    [Test]
    public async Task Redirect_LeadsAwayAndOn_TheOtherIsNotNamedAsTheEndpoint()
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(302, "", ("Location", "http://other.test/a")), Answer.With(302, "", ("Location", "/b")), Answer.With(200));
        await using var calling = To(server, static options => options.Egress.AllowedHosts.Add("other.test"));
        calling.Network.Name("other.test", "10.1.2.9");

        using var response = await calling.GetAsync("items");

        Assert.That(server.Served.Select(static one => $"{one.Header("Host")}{one.Target}"), Is.EqualTo([$"{Name}/items", "other.test/a", "other.test/b"]));
        Assert.That(response.RequestMessage!.RequestUri, Is.EqualTo(new Uri("http://other.test/b")));
    }

    [TestCase("http://10.1.2.9/moved", EgressReason.Host)]
    [TestCase("http://orders.test:81/moved", EgressReason.Host)]
    [TestCase("http://me@orders.test/moved", EgressReason.UserInfo)]
    public async Task Redirect_Elsewhere_IsRefusedStill(string location, EgressReason reason)
    {
        await using var server = ScriptedServer.Start().Answers(302, "", ("Location", location));
        await using var calling = To(server);

        Assert.That((await calling.RefusalAsync("items")).Reason, Is.EqualTo(reason));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [TestCase("/api/moved", "/api/moved", "/moved")]
    [TestCase("http://orders.test/moved", "/api/moved", "/moved", Description = "The server knows by what address it is called.")]
    [TestCase("/moved", "/moved", null, Description = "It is not below the endpoint's path: the client has no address for it.")]
    public async Task Redirect_EndpointOfASource_GoesOnThere(string location, string target, string? logical)
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(307, "", ("Location", location)), Answer.With(200));
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts, static options =>
        {
            options.BaseAddress = new Uri($"http://{Name}/");
            options.UseEndpointSource(new FixedSource("http://10.1.2.3:8080/api"));
            options.ApiKey.Keys.Add("key");
            options.Authentication.AllowInsecureCredentials = true;
        });
        calling.Network.Serves(server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "items");
        request.Headers.Add("Cookie", "a=b");

        using var response = await calling.Client.SendAsync(request).InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(server.Served.Select(static one => one.Target), Is.EqualTo(["/api/items", target]));
            Assert.That(server.Served.Select(static one => $"{one.Header("X-Api-Key")} {one.Header("Cookie")}"), Is.All.EqualTo("key a=b"));
            Assert.That(
                response.RequestMessage!.RequestUri!.AbsoluteUri, Is.EqualTo(logical is null ? $"http://10.1.2.3:8080{target}" : $"http://{Name}{logical}"));
        }
    }

    [Test]
    public async Task Send_HandlersOfTheUsersInBetween_SeeTheRequestsOwnAddressesOfAllItsRequests()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(500), Answer.With(302, "", ("Location", "/moved")), Answer.With(200));
        List<string> seen = [];
        await using var host = TestHost.BuildOnSystemClock(services => services
            .AddAmbassadorClient("orders", static options =>
            {
                options.BaseAddress = new Uri($"http://{Name}/");
                options.Endpoints.Add(new AmbassadorEndpoint($"http://{Name}/") { PerAddress = true });
                options.Retry.Delay = TimeSpan.Zero;
            })
            .AddHttpMessageHandler(() => new Watching(seen)));
        var state = host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("orders");
        state.Network = new ScriptedNetwork().Name(Name, "10.1.2.3", "10.1.2.4").Serves(server);
        await host.StartAsync();

        using var response = await host.CreateClient("orders").GetAsync(new Uri("items", UriKind.Relative)).InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen, Is.EqualTo([$"http://{Name}/items ", $"http://{Name}/items ", $"http://{Name}/moved "]));
            AssertNamed(server);
            AssertLogical(response, "/moved");
        }
    }

    [Test]
    public async Task Names_SomeAddressIsRefused_NoneIsUsedAndCallsAreRefusedForThat()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = To(server);
        calling.Network.Clear();
        calling.Network.Name(Name, "10.1.2.3", "169.254.169.254");

        Assert.That((await calling.RefusalAsync("items")).Reason, Is.EqualTo(EgressReason.MixedAddresses));

        Assert.That(calling.Network.Dialled, Is.Empty);
        Assert.That(calling.Snapshot.EgressRefused.Values.Sum(), Is.EqualTo(1));
        Assert.That(calling.Snapshot.Refused, Is.EqualTo(1));
    }

    [Test]
    public async Task Names_SomeAddressIsRefusedLater_TheLastSetIsUsedAndThatIsTold()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = To(server);
        (await calling.GetAsync("items")).Dispose();
        calling.Network.Clear();
        calling.Network.Name(Name, "10.1.2.5", "169.254.169.254");

        await calling.State.Endpoints.Refresh().InTime();
        for (var i = 0; i < 20; i++)
        {
            (await calling.GetAsync("items")).Dispose();
        }

        Assert.That(calling.Snapshot.Endpoints.Select(static endpoint => endpoint.Endpoint), Is.EqualTo([$"10.1.2.3 ({Name})", $"10.1.2.4 ({Name})"]));
        Assert.That(calling.Logs.Named("EndpointsStale"), Has.Count.EqualTo(1));
        Assert.That(calling.Logs.Named("EndpointsStale")[0].Exception, Is.TypeOf<AmbassadorEgressException>());
    }

    [Test]
    public async Task Names_SomeAddressIsRefusedAndTheOthersAreToBeUsed_TheyAre()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = To(server, static options => options.Egress.MixedAddresses = MixedAddresses.UseAllowed);
        calling.Network.Clear();
        calling.Network.Name(Name, "10.1.2.3", "169.254.169.254");

        for (var i = 0; i < 20; i++)
        {
            (await calling.GetAsync("items")).Dispose();
        }

        Assert.That(calling.Snapshot.Endpoints.Select(static endpoint => endpoint.Endpoint), Is.EqualTo([$"10.1.2.3 ({Name})"]));
        Assert.That(calling.Logs.Named("EndpointLeftOut"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Names_AreWaitedFor_TheAttemptBeginsAfterThat()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = To(server);
        var asked = new SyncPoint();
        calling.Network.Clear();
        calling.Network.NameBy(Name, async ct =>
        {
            await asked.PassAsync(ct);
            return [IPAddress.Parse("10.1.2.3"), IPAddress.Parse("10.1.2.4")];
        });
        var call = calling.GetAsync("items");
        await asked.ReachedAsync();
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(4));
        asked.Release();

        (await call).Dispose();

        Assert.That(calling.Snapshot.Endpoints.Max(static endpoint => endpoint.Latency), Is.LessThan(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public async Task Source_HasOneInTheClearAndCallsHaveACredential_ItIsLeftOutAndTold()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts, options =>
        {
            options.BaseAddress = new Uri($"https://{Name}/");
            options.UseEndpointSource(new FixedSource("http://10.1.2.3/", $"http://127.0.0.1:{server.Uri.Port}/"));
            options.ApiKey.Keys.Add("key");
        });
        calling.Network.Serves(server);

        for (var i = 0; i < 20; i++)
        {
            (await calling.GetAsync("items")).Dispose();
        }

        Assert.That(server.Requests, Is.EqualTo(20));
        Assert.That(calling.Logs.Named("EndpointLeftOut"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Source_HasAnAddressThatMayNotBeCalled_ItIsLeftOutAndTold()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts, static options =>
        {
            options.BaseAddress = new Uri($"http://{Name}/");
            options.UseEndpointSource(new FixedSource("http://10.1.2.3/", "http://169.254.169.254/"));
        });
        calling.Network.Serves(server);

        for (var i = 0; i < 20; i++)
        {
            (await calling.GetAsync("items")).Dispose();
        }

        Assert.That(calling.Snapshot.Endpoints, Has.Count.EqualTo(1));
        Assert.That(calling.Logs.Named("EndpointLeftOut"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Send_AnAddressRefusesConnections_NamesAreAskedForAnewAtOnce()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = To(server);
        (await calling.GetAsync("items")).Dispose();
        calling.Clock.Advance(AmbassadorResolutionConstants.MinRefreshInterval);
        calling.Network.Clear();
        calling.Network.Name(Name, "10.1.2.7");
        var behind = calling.Network.Behind;
        calling.Network.Behind = (address, ct) => address.Address.Equals(IPAddress.Parse("10.1.2.7"))
            ? behind(address, ct)
            : throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused);
        calling.Clock.Advance(AmbassadorNetworkConstants.PooledConnectionLifetime); // Connections that are there would be used.

        (await calling.Client.PostAsync(new Uri("items", UriKind.Relative), new StringContent("x")).FailureAsync() as IDisposable)?.Dispose();

        await Eventually.HoldsAsync(() => calling.Snapshot.Endpoints.Select(static endpoint => endpoint.Endpoint).SequenceEqual([$"10.1.2.7 ({Name})"]), "the new address is known");
    }

    private static EgressCalling To(ScriptedServer server, Action<AmbassadorOptions>? configure = null)
    {
        var calling = new EgressCalling(EgressProfile.ConfiguredHosts, options =>
        {
            options.BaseAddress = new Uri($"http://{Name}/");
            options.Endpoints.Add(new AmbassadorEndpoint($"http://{Name}/") { PerAddress = true });
            configure?.Invoke(options);
        });
        calling.Network.Name(Name, "10.1.2.3", "10.1.2.4").Serves(server);
        return calling;
    }

    private static void AssertNamed(ScriptedServer server) => Assert.That(server.Served.Select(static one => one.Header("Host")), Is.All.EqualTo(Name));

    private static void AssertLogical(HttpResponseMessage response, string pathAndQuery)
    {
        Assert.That(response.RequestMessage!.RequestUri!.AbsoluteUri, Is.EqualTo($"http://{Name}{pathAndQuery}"));
        Assert.That(response.RequestMessage.Headers.Host, Is.Null);
        Assert.That(response.RequestMessage.Headers.Contains("X-Api-Key"), Is.False);
    }

    private sealed class Watching(List<string> seen) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Add($"{request.RequestUri!.OriginalString} {request.Headers.Host}");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
