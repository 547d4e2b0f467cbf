using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Endpoints that are ill in ways of their own, and endpoints that come and go under calls.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EndpointFaultTests
{
    [Test]
    public async Task Send_TlsIsNotAnswered_APostGoesToTheOtherEndpoint()
    {
        await using var mute = ScriptedServer.StartMuteTls();
        await using var good = ScriptedServer.StartTls(TestCertificates.Localhost).Answers(200);
        await using var calling = EndpointCalling.To([good], options =>
        {
            options.Endpoints[0].Priority = 1; // So that the other one comes first.
            options.Endpoints.Add(new AmbassadorEndpoint(mute.Uri));
            options.Network.ConnectTimeout = TimeSpan.FromSeconds(1);
            options.Retry.Delay = TimeSpan.FromSeconds(5); // Is not waited for: the clock stands still.
        });

        using var response = await calling.SendAsync(HttpMethod.Post, new StreamContent(new MemoryStream(Bodies.OfLength(10))));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unsent], Is.EqualTo(1));
            Assert.That(calling.Snapshot.Endpoints.Select(static endpoint => endpoint.Failures), Is.EqualTo([1, 0]));
        }

        calling.Unseen = 1;
    }

    [Test]
    public async Task Send_RedirectLeadsElsewhereAndFailsThere_NothingIsLeftUnderWay()
    {
        await using var calling = new Calling(static options =>
        {
            options.Endpoints.Add(new AmbassadorEndpoint("http://server-0.test/"));
            options.Endpoints.Add(new AmbassadorEndpoint("http://server-1.test/"));
            (options.Egress.Profile, options.Retry.MaxAttempts) = (EgressProfile.Any, 1);
        });
        calling.Server.Then(static () => ScriptedHandler.Redirect(302, "http://elsewhere.test/")).Then(500);

        (await calling.GetAsync().InTime()).Dispose();

        Assert.That(calling.Snapshot.Endpoints.Sum(static endpoint => endpoint.InFlight), Is.Zero);
    }

    [Test]
    public async Task Send_UnavailableWithRetryAfter_TheBreakIsNoShorter()
    {
        await using var calling = new Calling(static options => (options.Retry.MaxAttempts, options.CircuitBreaker.MinimumAttempts) = (1, 1));
        calling.Server.Then(503, retryAfter: "40");
        (await calling.GetAsync().InTime()).Dispose();

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<AmbassadorCircuitOpenException>().With.Property("RetryAfter").EqualTo(TimeSpan.FromSeconds(40)));
    }

    [Test]
    public async Task Send_OneIsSlowOneFailsFastAndOneAsksForLess_CallsSucceedAndGoToTheSlowOne()
    {
        FaultCalling calling = null!;
        await using var servers = new ServerGroup(3, static server => server.Answers(500));
        servers.All[1].Answers(429);
        servers.All[2].Answers(Answer.Of(async connection =>
        {
            await calling.Clock.AdvanceAsync(TimeSpan.FromMilliseconds(200));
            await connection.RespondAsync(200);
        }));
        await using var _ = calling = EndpointCalling.To(servers.All);

        for (var i = 0; i < 200; i++)
        {
            (await calling.GetAsync()).Dispose();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(200));
            Assert.That(servers.All.Take(2).Select(static server => server.Requests), Is.All.InRange(1, 40));
            Assert.That(calling.Snapshot.Endpoints[1].Circuit, Is.EqualTo(CircuitState.Closed), "it is spared, and not left alone");
        }
    }

    [Test]
    public async Task Reload_EndpointsAndLimitsChangeUnderCallsThatRunAndWait_NoneIsLost()
    {
        const int Callers = 16;
        const int CallsEach = 50;
        await using var server = ScriptedServer.Start().Answers(200);
        var configuration = new ReloadableConfiguration();
        await using var host = configuration.BuildHost(static services => services.AddAmbassadorClient("orders", static options =>
        {
            options.BaseAddress = new Uri("http://orders.test/");
            options.Concurrency.QueueLimit = Callers;
            options.CancellationGrace = TimeSpan.FromDays(1);
        }));
        configuration.Change(Settings(0));
        var state = host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("orders");
        state.Network = new ScriptedNetwork().Name("orders.test", "10.0.0.1", "10.0.0.3").Serves(server);
        await host.StartAsync();
        using var isOver = new CancellationTokenSource();

        var changing = Task.Run(async () =>
        {
            for (var round = 1; !isOver.IsCancellationRequested; round++)
            {
                configuration.Change(Settings(round));
                await host.Clock.AdvanceAsync(AmbassadorResolutionConstants.MinRefreshInterval / 100); // Too little for a place that is waited for.
                await Eventually.HoldsAsync(() => isOver.IsCancellationRequested || server.Requests >= Math.Min(round * 10, Callers * CallsEach), "calls go on");
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            var client = host.CreateClient("orders");
            for (var i = 0; i < CallsEach; i++)
            {
                (await client.GetAsync(new Uri("items", UriKind.Relative)).InTime()).Dispose();
            }
        })));
        await isOver.CancelAsync();
        await changing.InTime();

        var snapshot = host.Ambassadors().GetSnapshot("orders");
        AmbassadorLaw.Assert(snapshot, server.Requests);
        Assert.That(snapshot.Succeeded, Is.EqualTo(Callers * CallsEach));
        Assert.That(state.Endpoints.Balancer.Set.All.Sum(static endpoint => endpoint.InFlight), Is.Zero);
    }

    /// <summary>Endpoints that come, go, and become the addresses of a name; with one limit, another one, or none.</summary>
    private static (string Key, string? Value)[] Settings(int round)
    {
        (string? First, string? IsPerAddress, string? Second) endpoints = (round % 3) switch
        {
            0 => ("http://10.0.0.1", null, "http://10.0.0.2"),
            1 => ("http://orders.test", "true", null),
            _ => ("http://10.0.0.2", null, null),
        };
        var limit = round % 4;
        return
        [
            ("Ambassadors:orders:Endpoints:0:Address", endpoints.First),
            ("Ambassadors:orders:Endpoints:0:PerAddress", endpoints.IsPerAddress),
            ("Ambassadors:orders:Endpoints:1:Address", endpoints.Second),
            ("Ambassadors:orders:Concurrency:Limit", limit == 0 ? null : limit.ToString(CultureInfo.InvariantCulture)),
        ];
    }
}
