using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Calls of an ambassador that has several endpoints.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EndpointCallTests
{
    [Test]
    public async Task Send_AllAreInOrder_EachHasItsPart()
    {
        await using var servers = new ServerGroup(3, static server => server.Answers(200));
        await using var calling = EndpointCalling.To(servers.All);

        await RepeatAsync(300, () => calling.GetAsync());

        Assert.That(servers.All.Select(static server => server.Requests), Has.All.InRange(30, 200));
        Assert.That(calling.Snapshot.Endpoints.Sum(static endpoint => endpoint.Requests), Is.EqualTo(300));
        Assert.That(calling.Snapshot.Endpoints.Select(static endpoint => endpoint.Endpoint), Is.EqualTo(servers.All.Select(static server => server.Uri.Authority)));
    }

    [Test]
    public async Task Send_OneRefusesConnections_EvenAPostGoesElsewhereAtOnceAndOnlyOneCallPaysForEachTry()
    {
        await using var servers = new ServerGroup(2, static server => server.Answers(200));
        await using var dead = ScriptedServer.StartClosed();
        var address = dead.Uri;
        await using var calling = EndpointCalling.To(servers.All, options =>
        {
            options.Endpoints.Insert(0, new AmbassadorEndpoint(address));
            options.Retry.Delay = TimeSpan.FromSeconds(5); // None is waited for: the clock stands still.
        });

        await RepeatAsync(200, () => calling.SendAsync(HttpMethod.Post, new StreamContent(new MemoryStream(Bodies.OfLength(10)))));

        var endpoint = calling.Snapshot.Endpoints[0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(endpoint.Requests, Is.InRange(1, 5), "after five failures in a row it is left alone");
            Assert.That(calling.Snapshot.Attempts[AttemptCause.Retry], Is.EqualTo(endpoint.Failures));
            Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(200));
        }

        calling.Unseen = (int)endpoint.Requests;
    }

    [Test]
    public async Task Send_OneFailsFast_HasNearlyNothing()
    {
        var clock = new TestClock();
        await using var servers = new ServerGroup(2, server => server.Answers(Taking(() => clock, TimeSpan.FromMilliseconds(50), 200)));
        servers.All[0].Answers(Taking(() => clock, TimeSpan.FromMilliseconds(1), 500));
        await using var calling = EndpointCalling.To(servers.All);
        clock = calling.Clock;

        await RepeatAsync(300, () => calling.GetAsync());

        Assert.That(servers.All[0].Requests, Is.LessThan(15));
        Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(300), "what fails here is sent there");
    }

    [Test]
    public async Task Send_TwoOfThreeFail_AtMostOneIsLeftAloneAndCallsGoOn()
    {
        await using var servers = new ServerGroup(3, static server => server.Answers(500));
        servers.All[2].Answers(200);
        await using var calling = EndpointCalling.To(servers.All, static options => options.RetryBudget.Capacity = 1_000);

        for (var i = 0; i < 200; i++)
        {
            (await calling.GetAsync()).Dispose();
            AssertOneIsLeftAloneAtMost(calling);
        }

        Assert.That(calling.Snapshot.Succeeded, Is.GreaterThan(190));
    }

    [Test]
    public async Task Send_TwoOfThreeAreGone_AtMostOneIsLeftAloneAndCallsGoOn()
    {
        await using var servers = new ServerGroup(3, static server => server.Answers(200));
        await using var calling = EndpointCalling.To(servers.All, static options => options.RetryBudget.Capacity = 1_000);
        await RepeatAsync(20, () => calling.GetAsync());
        await servers.All[0].DisposeAsync();
        await servers.All[1].DisposeAsync();

        for (var i = 0; i < 200; i++)
        {
            (await calling.GetAsync()).Dispose();
            AssertOneIsLeftAloneAtMost(calling);
        }

        Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(220));
        calling.Unseen = (int)(calling.Snapshot.Outcomes[AttemptClass.Unsent] + calling.Snapshot.Outcomes[AttemptClass.Unknown]);
        calling.HiddenResends = (int)calling.Snapshot.Outcomes[AttemptClass.Unknown];
    }

    [Test]
    public async Task Send_AllAreGone_IsRefusedAtOnceAndRecoversASecondAfterTheBreakAtMost()
    {
        await using var servers = new ServerGroup(3, static server => server.Answers(200), isOpen: false);
        await using var calling = EndpointCalling.To(servers.All);
        for (var calls = 0; calling.Snapshot.Circuit != CircuitState.Open; calls++)
        {
            Assert.That(calls, Is.LessThan(60));
            Assert.That(await calling.GetAsync().FailureAsync(), Is.InstanceOf<HttpRequestException>());
        }

        calling.Unseen = (int)calling.Snapshot.Attempts.Values.Sum();
        var failure = await calling.GetAsync().FailureAsync();
        Assert.That(failure, Is.TypeOf<AmbassadorCircuitOpenException>());
        Assert.That(calling.Snapshot.Attempts.Values.Sum(), Is.EqualTo(calling.Unseen), "nothing was dialled");

        servers.All.ToList().ForEach(static server => server.Open());
        await calling.Clock.AdvanceAsync(((AmbassadorCircuitOpenException)failure!).RetryAfter!.Value + TimeSpan.FromSeconds(1));
        await RepeatAsync(20, () => calling.GetAsync());

        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
        Assert.That(servers.All.Sum(static server => server.Requests), Is.EqualTo(20), "no call was refused");
    }

    [Test]
    public async Task Send_AllFail_IsRefusedAndRecoversByProbesOfEach()
    {
        await using var servers = new ServerGroup(3, static server => server.Answers(500));
        await using var calling = EndpointCalling.To(servers.All);
        for (var i = 0; i < 60; i++)
        {
            (await calling.GetAsync().FailureAsync() as IDisposable)?.Dispose();
        }

        var failure = await calling.GetAsync().FailureAsync();
        Assert.That(failure, Is.TypeOf<AmbassadorCircuitOpenException>().With.Property("RetryAfter").LessThanOrEqualTo(TimeSpan.FromSeconds(6)));
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Open));
        var before = servers.All.Sum(static server => server.Requests);
        servers.All.ToList().ForEach(static server => server.Answers(200));

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(7));
        await RepeatAsync(20, () => calling.GetAsync());

        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
        Assert.That(servers.All.Sum(static server => server.Requests) - before, Is.EqualTo(20), "no call was refused");
    }

    [Test]
    public async Task Send_OneAsksForLess_ItsPartGoesToTheOther()
    {
        var clock = new TestClock();
        await using var servers = new ServerGroup(2, server => server.Answers(Taking(() => clock, TimeSpan.FromMilliseconds(50), 200)));
        var good = Taking(() => clock, TimeSpan.FromMilliseconds(50), 200);
        servers.All[0].InTurn(Taking(() => clock, TimeSpan.FromMilliseconds(1), 429, ("Retry-After", "10")), good);
        await using var calling = EndpointCalling.To(servers.All, static options => options.Retry.MaxAttempts = 1);
        clock = calling.Clock;
        for (var i = 0; servers.All[0].Requests == 0; i++)
        {
            Assert.That(i, Is.LessThan(100), "it is drawn sooner or later");
            (await calling.GetAsync()).Dispose();
        }

        var asked = clock.GetTimestamp();
        await UntilAsync(9.9);
        Assert.That(servers.All[0].Requests, Is.EqualTo(1), "it asked not to be asked");
        Assert.That(calling.Snapshot.Endpoints[0].Circuit, Is.EqualTo(CircuitState.Closed), "it is spared, and not left alone");

        await UntilAsync(20);
        Assert.That(servers.All[0].Requests, Is.GreaterThan(1), "it comes back, slowly");
        var before = servers.All[0].Requests;
        await UntilAsync(30);
        Assert.That(servers.All[0].Requests - before, Is.InRange(50, 150), "of about two hundred");

        async Task UntilAsync(double seconds)
        {
            while (clock.GetElapsedTime(asked) < TimeSpan.FromSeconds(seconds))
            {
                (await calling.GetAsync()).Dispose();
            }
        }
    }

    [TestCase("/api", "/api/items?x=%2F&y=a%20b")]
    [TestCase("/a%2Fb/", "/a%2Fb/items?x=%2F&y=a%20b")]
    [TestCase("/", "/items?x=%2F&y=a%20b")]
    public async Task Send_EndpointHasAPath_ItStandsBeforeTheRequestsAsItIs(string prefix, string expected)
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = EndpointCalling.To([server], options => options.Endpoints[0].Address = new Uri(server.Uri, prefix));

        using var response = await calling.Client.GetAsync(new Uri("items?x=%2F&y=a%20b", UriKind.Relative)).InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(server.Served.Single().Target, Is.EqualTo(expected));
            Assert.That(server.Served.Single().Header("Host"), Is.EqualTo(server.Uri.Authority));
            Assert.That(response.RequestMessage!.RequestUri, Is.EqualTo(new Uri("http://orders.test/items?x=%2F&y=a%20b")), "the caller sees its own address");
        }
    }

    [Test]
    public async Task Send_HandlersInBetween_SeeTheRequestsOwnAddressInAContainer()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(500), Answer.With(200));
        List<string> seen = [];
        await using var host = TestHost.BuildOnSystemClock(services => Microsoft.Extensions.DependencyInjection.HttpClientBuilderExtensions.AddHttpMessageHandler(
            Microsoft.Extensions.DependencyInjection.AmbassadorServiceCollectionExtensions.AddAmbassadorClient(services, "orders", options =>
            {
                options.BaseAddress = new Uri("http://orders.test/");
                options.Endpoints.Add(new AmbassadorEndpoint(new Uri(server.Uri, "/api")));
                options.Retry.Delay = TimeSpan.Zero;
            }),
            () => new Watching(seen)));
        await host.StartAsync();

        using var response = await host.CreateClient("orders").GetAsync(new Uri("items", UriKind.Relative)).InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen, Is.EqualTo(["http://orders.test/items", "http://orders.test/items"]));
            Assert.That(server.Served.Select(static request => request.Target), Is.EqualTo(["/api/items", "/api/items"]));
            Assert.That(response.RequestMessage!.RequestUri, Is.EqualTo(new Uri("http://orders.test/items")));
        }
    }

    [Test]
    public async Task Send_NoBaseAddressInAContainer_PathsAreThoseOfTheEndpoints()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var host = TestHost.BuildOnSystemClock(services =>
            Microsoft.Extensions.DependencyInjection.AmbassadorServiceCollectionExtensions.AddAmbassadorClient(
                services, "orders", options => options.Endpoints.Add(new AmbassadorEndpoint(new Uri(server.Uri, "/api")))));
        await host.StartAsync();

        using var response = await host.CreateClient("orders").GetAsync(new Uri("items", UriKind.Relative)).InTime();

        Assert.That(server.Served.Single().Target, Is.EqualTo("/api/items"));
    }

    [Test]
    public async Task Redirect_Relative_StaysWithTheEndpoint()
    {
        await using var servers = new ServerGroup(2, static server => server.InTurn(Answer.With(302, "", ("Location", "/moved")), Answer.With(200)));
        await using var calling = EndpointCalling.To(servers.All);

        using var response = await calling.GetAsync();

        var used = servers.All.Single(static server => server.Requests > 0);
        Assert.That(used.Served.Select(static request => request.Target), Is.EqualTo(["/items", "/moved"]));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Hedge_SeveralEndpoints_GoesToAnother()
    {
        await using var servers = new ServerGroup(2, static server => server.Answers(Answer.Stall));
        await using var calling = EndpointCalling.To(servers.All, static options =>
        {
            options.Hedging.Enabled = true;
            options.Hedging.Delay = TimeSpan.FromMilliseconds(50);
        });
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await calling.Clock.PassAsync(TimeSpan.FromMilliseconds(50));

        await Eventually.HoldsAsync(() => servers.All.All(static server => server.Requests == 1), "each has one");

        await caller.CancelAsync();
        await call.FailureAsync();
        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Cancelled] == 2);
    }

    [Test]
    public async Task Hedge_IsNotNeededAndTheAttemptFails_RetryGoesToAnother()
    {
        await using var servers = new ServerGroup(2, static server => server.Answers(200));
        servers.All[0].Answers(500);
        await using var calling = EndpointCalling.To(servers.All, static options =>
        {
            options.Hedging.Enabled = true;
            options.Hedging.Delay = TimeSpan.FromHours(1);
            options.Retry.MaxAttempts = 2;
            options.Balancing.FailureCost = TimeSpan.Zero; // So that the one that fails is drawn again and again.
            (options.CircuitBreaker.FailuresInARow, options.CircuitBreaker.MinimumAttempts) = (1_000, 1_000);
            options.RetryBudget.Capacity = 1_000;
        });

        await RepeatAsync(50, () => calling.GetAsync());

        Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(50));
        Assert.That(servers.All[0].Requests, Is.GreaterThan(0));
    }

    [Test]
    public async Task Limit_OneIsFull_TheOtherIsUsedAndThenCallsAreRefused()
    {
        var held = new SyncPoint();
        await using var servers = new ServerGroup(2, server => server.Answers(Answer.With(200).After(held)));
        await using var calling = EndpointCalling.To(servers.All, static options => options.Concurrency.Limit = 1);
        var first = calling.GetAsync();
        var second = calling.GetAsync();
        await Eventually.HoldsAsync(() => servers.All.All(static server => server.Requests == 1), "each has one");

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorRejectedException>());
        Assert.That(calling.Snapshot.Endpoints.Select(static endpoint => endpoint.InFlight), Is.All.EqualTo(1));
        Assert.That(calling.Snapshot.Endpoints.Select(static endpoint => endpoint.Requests), Is.All.EqualTo(1), "what was not sent is no request");

        held.Release();
        (await first).Dispose();
        (await second).Dispose();
    }

    [Test]
    public async Task Limit_CircuitOpensWhereACallWaits_ItGoesElsewhere()
    {
        List<SyncPoint> held = [];
        await using var servers = new ServerGroup(2, server =>
        {
            var point = new SyncPoint();
            held.Add(point);
            server.Answers(Answer.With(200).After(point));
        });
        await using var calling = EndpointCalling.To(servers.All, static options => (options.Concurrency.Limit, options.Concurrency.QueueLimit) = (1, 1));
        Task<HttpResponseMessage>[] firsts = [calling.GetAsync(), calling.GetAsync()];
        await Eventually.HoldsAsync(() => servers.All.All(static server => server.Requests == 1), "each has one");
        var waiting = calling.GetAsync();
        var endpoints = calling.State.Endpoints.Balancer.Set.All;
        var waitsAt = -1;
        await Eventually.HoldsAsync(() => (waitsAt = Array.FindIndex(endpoints, endpoint => !endpoint.Gate.IsBelow(calling.State.Settings.Options.Concurrency, 2))) >= 0, "it waits somewhere");

        held[1 - waitsAt].Release();
        await Task.WhenAny(firsts);
        endpoints[waitsAt].Health.Trip();
        held[waitsAt].Release();

        (await waiting).Dispose();
        Assert.That(servers.All[1 - waitsAt].Requests, Is.EqualTo(2));
        foreach (var first in firsts)
        {
            (await first).Dispose();
        }
    }

    [Test]
    public async Task ForceOpen_AllEndpoints_AreClosedToCallsUntilReleased()
    {
        await using var servers = new ServerGroup(2, static server => server.Answers(200));
        await using var calling = EndpointCalling.To(servers.All);

        calling.State.Endpoints.Balancer.ForceOpen();
        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorCircuitOpenException>());
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.ForcedOpen));
        calling.State.Endpoints.Balancer.Release();

        (await calling.GetAsync()).Dispose();
    }

    [Test]
    public async Task Probe_WithoutAHost_IsMadeAsCallsComeBy()
    {
        await using var servers = new ServerGroup(2, static server => server.Answers(200));
        await using var calling = EndpointCalling.To(servers.All, static options => options.Probe.Path = "/healthz");
        calling.HiddenResends = 2; // A probe for each, if the call is not under way yet when they are made.

        (await calling.GetAsync()).Dispose();

        await Eventually.HoldsAsync(
            () => servers.All.Any(static server => server.Served.Any(static request => request.Target == "/healthz")), "the endpoint without calls is asked");
    }

    [Test]
    public async Task RetryPipeline_SeveralEndpoints_EachExecutionHasItsOwnAddress()
    {
        await using var servers = new ServerGroup(2, static server => server.Answers(500));
        await using var calling = EndpointCalling.To(servers.All, options =>
        {
            options.Endpoints[0].Address = new Uri(servers.All[0].Uri, "/zero");
            options.Endpoints[1].Address = new Uri(servers.All[1].Uri, "/one");
            options.UseRetryPipeline(RetryPipelines.Of(attempts: 4));
        });

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("body"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(servers.All.Sum(static server => server.Requests), Is.EqualTo(4));
            Assert.That(servers.All[0].Served.Select(static request => request.Target), Is.All.EqualTo("/zero/items"));
            Assert.That(servers.All[1].Served.Select(static request => request.Target), Is.All.EqualTo("/one/items"));
            Assert.That(servers.All.Select(static server => server.Requests), Is.All.InRange(1, 3), "each goes where the call has not been");
        }
    }

    [Test]
    public async Task Credential_SeveralEndpoints_GoesToEachOfThem()
    {
        await using var servers = new ServerGroup(2, static server => server.Answers(200));
        await using var calling = EndpointCalling.To(servers.All, static options => options.ApiKey.Keys.Add("key"));

        await RepeatAsync(20, () => calling.GetAsync());

        Assert.That(servers.All.SelectMany(static server => server.Served).Select(static request => request.Header("X-Api-Key")), Is.All.EqualTo("key"));
    }

    [Test]
    public async Task Credential_EndpointInTheClearOnAnotherMachine_IsNotSent()
    {
        await using var calling = EndpointCalling.To([], static options =>
        {
            options.UseEndpointSource(new FixedSource("http://10.255.255.1/"));
            options.ApiKey.Keys.Add("key");
            options.Retry.MaxAttempts = 1;
        });

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("AllowInsecureCredentials"));
        calling.Unseen = (int)calling.Snapshot.Attempts.Values.Sum();
    }

    [Test]
    public async Task Send_NothingWasSentAndOnlyTheNextPriorityIsLeft_GoesThereAtOnce()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var dead = ScriptedServer.Start();
        var address = dead.Uri;
        await dead.DisposeAsync();
        await using var calling = EndpointCalling.To([server], options =>
        {
            options.Endpoints[0].Priority = 1;
            options.Endpoints.Add(new AmbassadorEndpoint(address));
            options.Retry.Delay = TimeSpan.FromSeconds(5); // Is not waited for: the clock stands still.
        });

        (await calling.SendAsync(HttpMethod.Post, new StringContent("x"))).Dispose();

        calling.Unseen = 1;
    }

    /// <summary>Answers when that much time has passed, which it lets pass itself.</summary>
    private static Answer Taking(Func<TestClock> clock, TimeSpan time, int status, params IReadOnlyList<(string Name, string Value)> headers) =>
        Answer.Of(async connection =>
        {
            await clock().AdvanceAsync(time);
            await connection.RespondAsync(status, "", headers);
        });

    private static void AssertOneIsLeftAloneAtMost(FaultCalling calling)
    {
        var snapshot = calling.Snapshot;
        Assert.That(snapshot.Endpoints.Count(static endpoint => endpoint is { Circuit: CircuitState.Open, StaysIn: false }), Is.LessThanOrEqualTo(1));
        Assert.That(snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
    }

    private static async Task RepeatAsync(int count, Func<Task<HttpResponseMessage>> call)
    {
        for (var i = 0; i < count; i++)
        {
            (await call()).Dispose();
        }
    }

    private sealed class Watching(List<string> seen) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Add(request.RequestUri!.OriginalString);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
