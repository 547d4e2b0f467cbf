using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>Primary handlers of the user's: those whose connections can be judged, and those whose can not.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EgressPrimaryHandlerTests
{
    private const string Public = "93.184.216.34";

    private static readonly TestCaseData[] Blind =
    [
        Case("HttpClientHandler", static () => new HttpClientHandler(), "is a HttpClientHandler, which connects by itself"),
        Case("ScriptedHandler", static () => new ScriptedHandler(), "is a ScriptedHandler, which connects by itself"),
        Case(
            "ConnectCallback",
            static () => new SocketsHttpHandler { ConnectCallback = static (_, _) => throw new InvalidOperationException() },
            "has a ConnectCallback of its own, or another ambassador's"),
    ];

    private static readonly TestCaseData[] NotPublic =
    [
        .. Blind,
        Case(
            "Proxy",
            static () => new SocketsHttpHandler { AllowAutoRedirect = false, Proxy = new WebProxy("http://proxy.test") },
            "has a proxy of its own, behind which no address can be judged"),
    ];

    [TestCaseSource(nameof(NotPublic))]
    public async Task Start_PublicProfileWithOneThatCannotBeJudged_Fails(Func<HttpMessageHandler> primary, string problem)
    {
        await using var host = TestHost.Build(services => services
            .AddAmbassadorClient("hooks").AddEgress(EgressProfile.Public).ConfigurePrimaryHttpMessageHandler(primary));

        var failure = await host.StartAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<OptionsValidationException>());
        Assert.That(
            failure!.Message,
            Is.EqualTo($"Ambassadors:hooks:Egress:Profile is Public; allowed is another profile with the client's primary handler, which {problem}."));
    }

    [TestCaseSource(nameof(NotPublic))]
    public async Task Get_PublicProfileAloneWithOneThatCannotBeJudged_IsRefused(Func<HttpMessageHandler> primary, string problem)
    {
        await using var calling = new EgressCalling(EgressProfile.Public, primary: primary());
        calling.Network.Name("hooks.test", Public);

        var refusal = await calling.RefusalAsync("http://hooks.test/x");

        Assert.That(refusal.Reason, Is.EqualTo(EgressReason.PrimaryHandler));
        Assert.That(refusal.Message, Does.Contain(problem));
        Assert.That((calling.Snapshot.Refused, calling.Snapshot.Attempts.Values.Sum()), Is.EqualTo((1, 0)));
    }

    [TestCaseSource(nameof(Blind))]
    public async Task Get_ConfiguredHostsWithOneThatCannotBeJudged_ComparesHostsAndWarnsOnce(Func<HttpMessageHandler> primary, string problem)
    {
        await using var calling = new EgressCalling(
            EgressProfile.ConfiguredHosts, static options => (options.BaseAddress, options.Retry.MaxAttempts) = (new Uri("http://localhost:1"), 1), primary());
        await calling.GetAsync("items").FailureAsync(); // Nobody listens, or there is no script.
        await calling.GetAsync("items").FailureAsync();

        var refusal = await calling.RefusalAsync("http://evil.test/");

        Assert.That(refusal.Reason, Is.EqualTo(EgressReason.Host));
        var warned = calling.Logs.Named("AddressesAreNotJudged");
        Assert.That(warned, Has.Count.EqualTo(1));
        Assert.That(warned[0].Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(warned[0].Message, Does.Contain(problem));
    }

    [Test]
    public async Task Get_SocketsHttpHandlerOfTheUsers_IsJudgedAtConnect()
    {
        await using var calling = new EgressCalling(EgressProfile.Public, primary: new SocketsHttpHandler { AllowAutoRedirect = false });
        calling.Network.Name("hooks.test", Public).Name("inside.test", "10.0.0.1");
        (await calling.GetAsync("http://hooks.test/")).Dispose();

        var refusal = await calling.RefusalAsync("http://inside.test/");

        Assert.That(refusal.Reason, Is.EqualTo(EgressReason.Address));
        Assert.That(calling.Network.Dialled, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Get_SocketsHttpHandlerBelowAnotherHandler_IsJudgedAtConnect()
    {
        await using var calling = new EgressCalling(
            EgressProfile.Public, primary: new PassingHandler { InnerHandler = new SocketsHttpHandler { AllowAutoRedirect = false } });
        calling.Network.Name("inside.test", "10.0.0.1");

        Assert.That((await calling.RefusalAsync("http://inside.test/")).Reason, Is.EqualTo(EgressReason.Address));
    }

    [TestCase(EgressProfile.ConfiguredHosts, EgressReason.Host)]
    [TestCase(EgressProfile.Public, EgressReason.Address)]
    public async Task Get_HandlerThatWouldFollowRedirectsItself_LeavesThemToTheAmbassador(EgressProfile profile, EgressReason reason)
    {
        await using var server = ScriptedServer.Start().Answers(302, "", ("Location", "http://169.254.169.254/"));
        await using var calling = new EgressCalling(
            profile, static options => options.BaseAddress = new Uri("http://orders"), new SocketsHttpHandler { AllowAutoRedirect = true });
        calling.Network.Serves(server).Name("orders", Public);

        Assert.That((await calling.RefusalAsync("items")).Reason, Is.EqualTo(reason));
        Assert.That(calling.Network.Dialled, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Get_HandlerThatHasServedBefore_CannotBeJudged()
    {
        using var used = new SocketsHttpHandler { AllowAutoRedirect = false };
        using (var client = new HttpClient(used, disposeHandler: false))
        {
            await client.GetAsync(new Uri("http://127.0.0.1:1/")).FailureAsync();
        }

        await using var calling = new EgressCalling(EgressProfile.Public, primary: used);

        Assert.That((await calling.RefusalAsync("http://hooks.test/")).Message, Does.Contain("has sent requests before"));
    }

    [Test]
    public async Task Start_OwnHandlerThatTheUserConfigures_StartsAndIsJudged()
    {
        await using var host = TestHost.Build(static services => services
            .AddAmbassadorClient("hooks").AddEgress(EgressProfile.Public)
            .UseSocketsHttpHandler(static (handler, _) => handler.MaxConnectionsPerServer = 3));
        await host.StartAsync();

        var refusal = await EgressCalling.RefusalAsync(host.CreateClient("hooks").GetAsync(new Uri("http://127.0.0.1:1/x")));

        Assert.That((refusal.Reason, refusal.AmbassadorName), Is.EqualTo((EgressReason.Address, "hooks")));
        Assert.That(host.Ambassadors().GetSnapshot("hooks").EgressRefused["address"], Is.EqualTo(1));
    }

    [Test]
    public async Task AddEgress_ClientWithoutAnAmbassador_HasOne()
    {
        await using var host = TestHost.Build(static services => services
            .AddHttpClient("hooks").AddEgress(EgressProfile.Public, static egress => egress.AllowedHosts.Add("*.example.com")));
        await host.StartAsync();

        var refusal = await EgressCalling.RefusalAsync(host.CreateClient("hooks").GetAsync(new Uri("http://example.org/")));

        Assert.That(refusal.Reason, Is.EqualTo(EgressReason.Host));
    }

    [Test]
    public async Task AddEgress_ClientDefaults_HoldForAllClients()
    {
        await using var host = TestHost.Build(static services => services.ConfigureHttpClientDefaults(static client => client.AddEgress(EgressProfile.Public)));
        await host.StartAsync();

        var refusal = await EgressCalling.RefusalAsync(host.CreateClient("whichever").GetAsync(new Uri("http://[::1]/")));

        Assert.That(refusal.Reason, Is.EqualTo(EgressReason.Address));
    }

    [Test]
    public async Task AmbassadorHandler_AloneWithDefaults_NeverCallsMetadataServices()
    {
        using var client = new HttpClient(new AmbassadorHandler()) { Timeout = Timeout.InfiniteTimeSpan };

        var refusal = await EgressCalling.RefusalAsync(client.GetAsync(new Uri("http://169.254.169.254/latest/meta-data/")));

        Assert.That(refusal.Message, Is.EqualTo(
            "Ambassador 'ambassador' does not call '169.254.169.254': its address is in 169.254.0.0/16, which is never called. Nothing was sent to it."));
    }

    [TestCase("http://169.254.169.254/", null, null)]
    [TestCase("http://169.254.169.254./", null, null)]
    [TestCase("http://10.0.0.1/", "http://10.0.0.1", null)]
    [TestCase("http://orders.test/", "http://orders.test", "http://169.254.169.254")]
    public async Task Get_AddressOfItsOwnBehindOneThatCannotBeJudged_IsRefused(string address, string? own, string? endpoint)
    {
        using var primary = new ScriptedHandler().Then(200);
        await using var calling = new EgressCalling(
            EgressProfile.ConfiguredHosts,
            options =>
            {
                options.BaseAddress = own is null ? null : new Uri(own);
                options.Egress.DeniedAddresses.Add("10.0.0.0/8");
                if (endpoint is not null)
                {
                    options.Endpoints.Add(new AmbassadorEndpoint(endpoint));
                }
            },
            primary);

        Assert.That((await calling.RefusalAsync(address)).Reason, Is.EqualTo(EgressReason.Address));
        Assert.That((primary.Requests.Count, calling.Snapshot.Refused, calling.Snapshot.EgressRefused["address"]), Is.EqualTo((0, 1, 1)));
    }


    private static TestCaseData Case(string name, Func<HttpMessageHandler> primary, string problem) =>
        new TestCaseData(primary, problem).SetArgDisplayNames(name);

    private sealed class PassingHandler : DelegatingHandler;
}
