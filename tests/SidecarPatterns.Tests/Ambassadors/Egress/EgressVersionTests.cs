using System.Net;
using System.Net.Security;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>HTTP/3 connects without asking anybody, so requests are kept from it while addresses are judged.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EgressVersionTests
{
    [TestCase("3.0", HttpVersionPolicy.RequestVersionOrLower, "2.0", HttpVersionPolicy.RequestVersionOrLower)]
    [TestCase("2.0", HttpVersionPolicy.RequestVersionOrHigher, "2.0", HttpVersionPolicy.RequestVersionExact)]
    [TestCase("1.1", HttpVersionPolicy.RequestVersionOrHigher, "2.0", HttpVersionPolicy.RequestVersionOrLower)]
    [TestCase("2.0", HttpVersionPolicy.RequestVersionOrLower, "2.0", HttpVersionPolicy.RequestVersionOrLower)]
    [TestCase("1.1", HttpVersionPolicy.RequestVersionExact, "1.1", HttpVersionPolicy.RequestVersionExact)]
    public async Task Send_Version_IsKeptFromHttp3AndIsTheCallersAgain(string version, HttpVersionPolicy policy, string sentVersion, HttpVersionPolicy sentPolicy)
    {
        await using var calling = new Calling(static options => options.Retry.Delay = TimeSpan.Zero);
        var sent = new List<(string, HttpVersionPolicy)>();
        calling.Server
            .Then((request, _) => Sent(request, 500))
            .Then((request, _) => Sent(request, 200));
        using var request = new HttpRequestMessage(HttpMethod.Get, "items") { Version = new Version(version), VersionPolicy = policy };

        using var response = await calling.Client.SendAsync(request).InTime();

        Assert.That(sent, Is.EqualTo([(sentVersion, sentPolicy), (sentVersion, sentPolicy)]));
        Assert.That((request.Version.ToString(), request.VersionPolicy), Is.EqualTo((version, policy)));
        Assert.That(calling.Logs.Named("RequestWasChanged"), Is.Empty);

        Task<HttpResponseMessage> Sent(HttpRequestMessage request, int status)
        {
            sent.Add((request.Version.ToString(), request.VersionPolicy));
            return Task.FromResult(ScriptedHandler.Response(status));
        }
    }

    [Test]
    public async Task Send_OneAttemptIsAllItTakes_VersionIsTheCallersAgain()
    {
        await using var calling = new Calling();
        calling.Server.Then(200);
        using var request = new HttpRequestMessage(HttpMethod.Get, "items") { VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher };

        using var response = await calling.Client.SendAsync(request).InTime();

        Assert.That((request.Version, request.VersionPolicy), Is.EqualTo((HttpVersion.Version11, HttpVersionPolicy.RequestVersionOrHigher)));
    }

    [TestCase(HttpVersionPolicy.RequestVersionOrLower, true)]
    [TestCase(HttpVersionPolicy.RequestVersionExact, false)]
    public async Task Send_HandlerBelowAsksForHttp3_IsKeptFromIt(HttpVersionPolicy policy, bool isSent)
    {
        var sent = new List<Version>();
        using var primary = new ScriptedHandler().Then((request, _) =>
        {
            sent.Add(request.Version);
            return Task.FromResult(ScriptedHandler.Response(200));
        });
        await using var host = TestHost.Build(services => services
            .AddAmbassadorClient("orders").AddHttpMessageHandler(() => new UpgradingHandler(policy)).ConfigurePrimaryHttpMessageHandler(() => primary));

        var failure = await host.GetAsync("orders").FailureAsync();

        Assert.That(failure, isSent ? Is.Null : Is.TypeOf<AmbassadorEgressException>().With.Property("Reason").EqualTo(EgressReason.Version));
        Assert.That(sent, Is.EqualTo(isSent ? [HttpVersion.Version20] : Array.Empty<Version>()));
    }


    [TestCase(HttpVersionPolicy.RequestVersionExact)]
    [TestCase(HttpVersionPolicy.RequestVersionOrHigher)]
    public async Task Send_Http3AndNothingLess_IsRefused(HttpVersionPolicy policy)
    {
        await using var calling = new Calling();
        using var request = new HttpRequestMessage(HttpMethod.Get, "items") { Version = HttpVersion.Version30, VersionPolicy = policy };

        var refusal = await EgressCalling.RefusalAsync(calling.Client.SendAsync(request));

        Assert.That(refusal.Reason, Is.EqualTo(EgressReason.Version));
        Assert.That(calling.Server.Requests, Is.Empty);
    }

    [Test]
    public async Task Send_AnyProfile_LeavesTheVersion([Values] bool isMadeReady)
    {
        await using var calling = new Calling(options =>
        {
            options.Egress.Profile = EgressProfile.Any;
            options.DeadlineHeader = isMadeReady ? "X-Deadline" : null;
        });
        Version? sent = null;
        calling.Server.Then((request, _) =>
        {
            sent = request.Version;
            return Task.FromResult(ScriptedHandler.Response(200));
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "items") { Version = HttpVersion.Version30 };

        using var response = await calling.Client.SendAsync(request).InTime();

        Assert.That(sent, Is.EqualTo(HttpVersion.Version30));
    }

    [Test]
    public async Task Get_ServerOffersAnAltSvc_StaysOnTheJudgedConnection()
    {
        await using var server = ScriptedServer.StartTls(TestCertificates.Localhost, SslApplicationProtocol.Http2).Answers(200, "", ("Alt-Svc", "h3=\"127.0.0.1:9\""));
        await using var calling = new FaultCalling(server);
        calling.Client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrHigher;
        for (var i = 0; i < 3; i++)
        {
            using var response = await calling.GetAsync();
            Assert.That(response.Version, Is.EqualTo(HttpVersion.Version20));
        }

        Assert.That(server.Connections, Is.EqualTo(1));
    }

    private sealed class UpgradingHandler(HttpVersionPolicy policy) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (request.Version, request.VersionPolicy) = (HttpVersion.Version30, policy);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
