using System.Net;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>Where a credential goes, and where it does not.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class AppliedCredentialTests
{
    [Test]
    public async Task Request_AfterTheCall_HasNoCredential([Values(200, 404, 503)] int status)
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(status);
        await using var calling = new CredentialCalling(server, tokens);
        for (var i = 0; i < 2; i++)
        {
            using var request = calling.Calling.Request(HttpMethod.Get);
            request.Headers.Add("X-Mine", "stays");
            using var response = await calling.Calling.SendAsync(request);

            Assert.That(request.Headers.NonValidated.Select(static header => header.Key), Has.None.EqualTo("Authorization").And.Some.EqualTo("X-Mine"));
            Assert.That(response.RequestMessage!.Headers.NonValidated.Select(static header => header.Key), Has.None.EqualTo("Authorization"));
        }
    }

    [Test]
    public async Task Retry_EachAttempt_HasItOnce()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503), Answer.Close, Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens);
        calling.Calling.HiddenResends = 0;

        Assert.That(await calling.PassAsync(calling.Calling.SendAsync(HttpMethod.Put, new StringContent("order"))), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t1", "Bearer t1"]));
        Assert.That(server.Served.Select(static request => request.Headers.Count(static header => header.Name == "Authorization")), Is.All.EqualTo(1));
    }

    [Test]
    public async Task Retry_TokenHasEndedMeanwhile_HasAnother()
    {
        await using var tokens = ScriptedServer.Start().Counting("20");
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503, "", ("Retry-After", "16")), Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens);
        var call = calling.GetAsync();
        await server.WhenRequestedAsync(1);
        await calling.Calling.PassDelayAsync(TimeSpan.FromSeconds(18));

        Assert.That(await calling.PassAsync(call), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t2"]));
    }

    [Test]
    public async Task CallersOwnAuthorization_IsLeftAloneAndNoTokenIsAskedFor()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(401);
        await using var calling = new CredentialCalling(server, tokens);
        using var request = calling.Calling.Request(HttpMethod.Get);
        request.Headers.Authorization = new("Bearer", "mine");

        using var response = await calling.Calling.SendAsync(request);

        Assert.That((calling.Sent.Single(), tokens.Requests), Is.EqualTo(("Bearer mine", 0)));
        Assert.That(request.Headers.Authorization.Parameter, Is.EqualTo("mine"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), "it is the caller's to renew");
    }

    [Test]
    public async Task ForeignOrigin_NothingIsSent()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(200);
        await using var other = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens, others: [other]);
        Uri[] addresses =
        [
            other.Uri, new UriBuilder(server.Uri) { Host = "127.0.0.2" }.Uri, new UriBuilder(server.Uri) { Scheme = "https" }.Uri, new UriBuilder(server.Uri) { Host = "localhost" }.Uri,
            new($"http://127.0.0.1:{server.Uri.Port}@127.0.0.1:{other.Uri.Port}/"),
        ];
        foreach (var address in addresses)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            Assert.That(
                await calling.Calling.SendAsync(request).FailureAsync(),
                Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("not of the client's own origin"),
                address.OriginalString);
        }

        Assert.That((other.Connections, server.Connections, calling.Calling.Snapshot.Refused), Is.EqualTo((0, 0, addresses.Length)));
    }

    [Test]
    public async Task OriginOfAnyEndpoint_IsTheClientsOwn()
    {
        await using var group = new ServerGroup(2, static server => server.Answers(200));
        await using var calling = EndpointCalling.To(group.All, static options =>
        {
            options.BaseAddress = null;
            options.ApiKey.Keys.Add("key");
        });
        foreach (var server in group.All)
        {
            (await calling.Client.GetAsync(new Uri(server.Uri, "items")).InTime()).Dispose();
        }

        Assert.That(group.All.SelectMany(static server => server.Served).Select(static request => request.Header("X-Api-Key")), Is.EqualTo(["key", "key"]));
    }

    [TestCase("wss://a.test/x", null)]
    [TestCase("https://b.test:8443/x", null)]
    [TestCase("ws://a.test:443/x", "not of the client's own origin")]
    [TestCase("wss://a.test:444/x", "not of the client's own origin")]
    [TestCase("https://a.test.b.test/x", "not of the client's own origin")]
    public void CredentialOrigin_Address_IsOneOfTheClientsOwn(string address, string? problem)
    {
        var origin = new CredentialOrigin([new Uri("https://a.test"), new Uri("https://b.test:8443")], allowsInsecure: false);

        Assert.That(origin.FindProblem(new Uri(address)), problem is null ? Is.Null : Does.Contain(problem));
    }

    [Test]
    public void CredentialOrigin_AddressIsNotAbsolute_IsRefused()
    {
        var origin = new CredentialOrigin([], allowsInsecure: true);

        Assert.That(origin.FindProblem(null), Does.Contain("not absolute"));
        Assert.That(origin.FindProblem(new Uri("items", UriKind.Relative)), Does.Contain("not absolute"));
    }

    [TestCase("http://10.0.0.1", false)]
    [TestCase("https://10.0.0.1", true)]
    [TestCase("http://127.0.0.1", true)]
    public void CredentialOrigin_EndpointInTheClearOnAnotherMachine_IsRefusedUnlessAllowed(string address, bool isSecure)
    {
        var endpoint = new EndpointAddress(new Uri(address));

        Assert.That(
            new CredentialOrigin([], allowsInsecure: false, isSentElsewhere: true).FindEndpointProblem(endpoint),
            isSecure ? Is.Null : Does.Contain("AllowInsecureCredentials does not allow"));
        Assert.That(new CredentialOrigin([], allowsInsecure: true, isSentElsewhere: true).FindEndpointProblem(endpoint), Is.Null);
    }

    [Test]
    public async Task NoHostIsNamed_IsSaidOnce()
    {
        await using var calling = new Calling(static options =>
        {
            options.BaseAddress = null;
            options.ApiKey.Keys.Add("key");
        });
        calling.Server.Then(200);
        for (var i = 0; i < 2; i++)
        {
            (await calling.Client.GetAsync(new Uri("https://server.test/")).InTime()).Dispose();
        }

        Assert.That(calling.Logs.Named("CredentialIsUnbound"), Has.Count.EqualTo(1));
    }

    [Test]
    public void EndpointInTheClear_IsRefusedBeforeAnyCall() => Assert.That(
        static () => new FaultCalling([], new Uri("https://orders.test/"), static options =>
        {
            options.Endpoints.Add(new AmbassadorEndpoint("http://10.0.0.1"));
            options.ApiKey.Keys.Add("key");
        }),
        Throws.TypeOf<OptionsValidationException>().With.Message.Contains("Endpoints:0:Address").And.Message.Contains("AllowInsecureCredentials"));

    [TestCase("http://server.test/", false)]
    [TestCase("http://10.0.0.1/", false)]
    [TestCase("http://localhost.server.test/", false)]
    [TestCase("http://loopback/", true)] // Which is localhost to the framework.
    [TestCase("http://[::ffff:10.0.0.1]/", false)]
    [TestCase("http://localhost:8080/", true)]
    [TestCase("http://127.0.0.1/", true)]
    [TestCase("http://127.9.9.9/", true)]
    [TestCase("http://[::1]/", true)]
    [TestCase("https://server.test/", true)]
    public async Task Insecure_ToAnotherMachine_OnlyIfAllowed(string address, bool isAllowed)
    {
        foreach (var (allows, baseAddress) in new[] { (false, null), (false, new Uri(address)), (true, null), (true, new Uri(address)) })
        {
            await using var calling = new Calling(options =>
            {
                options.BaseAddress = baseAddress;
                options.ApiKey.Keys.Add("key");
                options.Authentication.AllowInsecureCredentials = allows;
            });
            calling.Server.Then(200);
            var failure = await calling.Client.GetAsync(new Uri(address)).FailureAsync();

            Assert.That(failure, isAllowed || allows ? Is.Null : Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("AllowInsecureCredentials"));
            Assert.That(calling.Server.Requests, Has.Count.EqualTo(isAllowed || allows ? 1 : 0));
        }
    }

    [TestCase(302)]
    [TestCase(308)]
    public async Task Redirect_SameOrigin_HasItAgain(int status)
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(status, "", ("Location", "/there")), Answer.With(status, "", ("Location", "/on")), Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens);
        var call = calling.GetAsync();
        await calling.PassAsync(call);

        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t1", "Bearer t1"]));
        Assert.That((await call).RequestMessage!.Headers.NonValidated.Contains("Authorization"), Is.False);
    }

    [Test]
    public async Task Redirect_OtherOriginAndBack_HasItNoMore()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var other = ScriptedServer.Start();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(302, "", ("Location", other.Uri.AbsoluteUri)), Answer.With(401));
        other.Answers(302, "", ("Location", new Uri(server.Uri, "back").AbsoluteUri));
        await using var calling = new CredentialCalling(server, tokens, others: [other]) { MayBeSentWithout = true };

        Assert.That(await calling.StatusAsync(), Is.EqualTo(401));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", null]));
        Assert.That(other.Served.Single().Header("Authorization"), Is.Null);
        Assert.That(tokens.Requests, Is.EqualTo(1), "what was refused was not the token");
    }

    [Test]
    public async Task Redirect_OtherOrigin_LosesAHeaderOfAnyName()
    {
        await using var other = ScriptedServer.Start().Answers(200);
        await using var server = ScriptedServer.Start().Answers(302, "", ("Location", other.Uri.AbsoluteUri));
        await using var calling = new FaultCalling([server, other], server.Uri, static options =>
        {
            options.ApiKey.Keys.Add("key");
            options.Egress.Profile = EgressProfile.Any;
        });

        using var response = await calling.GetAsync();

        Assert.That((server.Served.Single().Header("X-Api-Key"), other.Served.Single().Header("X-Api-Key")), Is.EqualTo(("key", (string?)null)));
    }

    [Test]
    public async Task Redirect_RefusedWithinTheOrigin_IsRenewedFromTheStart()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(302, "", ("Location", "/there")), Answer.With(401), Answer.With(302, "", ("Location", "/there")), Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens);

        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t1", "Bearer t2", "Bearer t2"]));
    }

    [Test]
    public async Task Send_Synchronous_WaitsForTheToken()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);
        using var cancelled = new CancellationTokenSource();

        Assert.That(await calling.PassAsync(Task.Run(() => calling.Calling.Client.Send(calling.Calling.Request(HttpMethod.Get)))), Is.EqualTo(200));
    }

    [Test]
    public async Task WaitForToken_TakesTime_AttemptStillHasAllOfIts()
    {
        TestClock? clock = null;
        await using var tokens = ScriptedServer.Start().OnRequest((request, connection) =>
        {
            clock!.Advance(TimeSpan.FromSeconds(9));
            return Tokens.Of("t1").OverHttp1(request, connection);
        });
        await using var server = ScriptedServer.Start().OnRequest((_, connection) =>
        {
            clock!.Advance(TimeSpan.FromSeconds(5));
            return connection.RespondAsync(200);
        });
        await using var calling = new CredentialCalling(server, tokens);
        clock = calling.Clock;

        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
        Assert.That(server.Requests, Is.EqualTo(1), "ten seconds from when it was sent");
    }

    [Test]
    [Category("Memory")]
    public void HotPath_TokenIsAtHand_AllocatesNothingBeyondTheHeader()
    {
        var options = new AmbassadorOptions { BaseAddress = new Uri("https://server.test/") };
        options.UseCredential(new FixedProvider(AmbassadorCredential.Bearer("token", TimeSpan.FromHours(1))));
        using var with = new HttpMessageInvoker(new AmbassadorHandler(options) { InnerHandler = new SameAnswer() });
        using var without = new HttpMessageInvoker(new AmbassadorHandler(new AmbassadorOptions { BaseAddress = options.BaseAddress }) { InnerHandler = new SameAnswer() });
        Measure(with, null);
        Measure(without, "Bearer token");

        var more = Measure(with, null) - Measure(without, "Bearer token");

        Assert.That(more, Is.LessThanOrEqualTo(0), "bytes a call, against one whose caller sets the same header");
    }

    private static long Measure(HttpMessageInvoker invoker, string? own)
    {
        const int Calls = 2000;
        long bytes = 0;
        for (var i = 0; i < Calls; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "https://server.test/items");
            var before = GC.GetAllocatedBytesForCurrentThread();
            if (own is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", own);
            }

            var call = invoker.SendAsync(request, CancellationToken.None);
            bytes += GC.GetAllocatedBytesForCurrentThread() - before;
            if (!call.IsCompleted)
            {
                call.GetAwaiter().GetResult();
            }
        }

        return bytes / Calls;
    }

    private sealed class FixedProvider(AmbassadorCredential credential) : IAmbassadorCredentialProvider
    {
        public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) => new(credential);
    }

    private sealed class SameAnswer : HttpMessageHandler
    {
        private readonly Task<HttpResponseMessage> _answer = Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) });

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _answer;
    }
}
