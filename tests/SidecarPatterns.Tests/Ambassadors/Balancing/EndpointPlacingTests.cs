using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>What the last handler above the primary one makes of a request, and leaves of it.</summary>
[TestFixture]
internal sealed class EndpointPlacingTests
{
    [Test]
    public async Task Send_OneAddressOfAName_IsPutInWithItsHostAndTakenOut([Values(null, "mine.test")] string? own, [Values] bool isSync)
    {
        using var server = new Recorder();
        using var invoker = InvokerOf(new AmbassadorOptions(), server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders.test/items");
        request.Headers.Host = own;
        EndpointPlacing.Leave(request, new EndpointAddress(new Uri("http://server.test:8080/api"), IPAddress.Parse("192.0.2.1")));

        using var response = isSync ? invoker.Send(request, CancellationToken.None) : await invoker.SendAsync(request, CancellationToken.None);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(server.Seen, Is.EqualTo([("http://192.0.2.1:8080/api/items", own ?? "server.test:8080", isSync)]));
            Assert.That((request.RequestUri!.AbsoluteUri, request.Headers.Host), Is.EqualTo(("http://orders.test/items", own)));
        }
    }

    [Test]
    public async Task Send_AddressesAreNotJudged_LeavesHttp3([Values] bool isSync)
    {
        using var server = new Recorder();
        var options = new AmbassadorOptions();
        options.Egress.Profile = EgressProfile.Any;
        using var invoker = InvokerOf(options, server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://orders.test/items")
        {
            Version = HttpVersion.Version30,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = isSync ? invoker.Send(request, CancellationToken.None) : await invoker.SendAsync(request, CancellationToken.None);

        Assert.That(server.Seen, Has.Count.EqualTo(1));
        Assert.That((request.Version, request.VersionPolicy), Is.EqualTo((HttpVersion.Version30, HttpVersionPolicy.RequestVersionExact)));
    }

    private static HttpMessageInvoker InvokerOf(AmbassadorOptions options, HttpMessageHandler server) =>
        new(new EndpointHandler(LoneAmbassadors.Of(options, new TestClock(), loggerFactory: null)) { InnerHandler = server });

    private sealed class Recorder : HttpMessageHandler
    {
        public List<(string Address, string? Host, bool IsSync)> Seen { get; } = [];

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => Note(request, isSync: true);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(Note(request, isSync: false));

        private HttpResponseMessage Note(HttpRequestMessage request, bool isSync)
        {
            Seen.Add((request.RequestUri!.AbsoluteUri, request.Headers.Host, isSync));
            return new HttpResponseMessage(HttpStatusCode.OK);
        }
    }
}
