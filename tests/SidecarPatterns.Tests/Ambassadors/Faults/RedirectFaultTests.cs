using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Redirects: what goes along, and which are not followed.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RedirectFaultTests
{
    [TestCase(301)]
    [TestCase(302)]
    [TestCase(307)]
    [TestCase(308)]
    public async Task SameOrigin_Get_KeepsWhatIsSecret(int status)
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(status, "moved", ("Location", "/there?x=%2F")), Answer.With(200));
        await using var calling = new FaultCalling(server);
        using var request = Secret(calling);

        using var response = await calling.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((server.Served[1].Target, server.Connections), Is.EqualTo(("/there?x=%2F", 1)));
        Assert.That(server.Served[1].Header("Authorization"), Is.EqualTo("Bearer secret"));
        Assert.That(server.Served[1].Header("Cookie"), Is.EqualTo("a=b"));
        Assert.That(server.Served[1].Header("X-Api-Key"), Is.EqualTo("key"));
    }

    [Test]
    public async Task OtherOrigin_Get_LosesWhatIsSecretAndNothingElse()
    {
        await using var other = ScriptedServer.Start().Answers(200);
        await using var server = ScriptedServer.Start().Answers(302, "", ("Location", new Uri(other.Uri, "there").AbsoluteUri));
        await using var calling = new FaultCalling([server, other], server.Uri, options =>
        {
            options.Egress.AllowedHosts.Add(other.Uri.Authority);
            options.Redirect.SensitiveHeaders.Add("X-Api-Key");
        });
        using var request = Secret(calling);

        using var response = await calling.SendAsync(request);

        var served = other.Served.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(served.Headers.Select(static header => header.Name), Has.None.AnyOf("Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Idempotency-Key"));
            Assert.That(served.Header("X-Other"), Is.EqualTo("stays"));
            Assert.That(served.Header("Host"), Is.EqualTo(other.Uri.Authority));
            Assert.That(request.Headers.Authorization?.Parameter, Is.EqualTo("secret"), "the message is the caller's");
            Assert.That(calling.Snapshot.Attempts[AttemptCause.Hop], Is.EqualTo(1));
        }
    }

    [Test]
    public async Task OtherOriginAndBack_Get_DoesNotFindWhatIsSecretAgain()
    {
        await using var other = ScriptedServer.Start();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(302, "", ("Location", other.Uri.AbsoluteUri)), Answer.With(200));
        other.Answers(302, "", ("Location", new Uri(server.Uri, "back").AbsoluteUri));
        await using var calling = new FaultCalling([server, other], server.Uri, options => options.Egress.AllowedHosts.Add(other.Uri.Authority));
        using var request = Secret(calling);

        using var response = await calling.SendAsync(request);

        Assert.That((server.Served[1].Target, server.Served[1].Header("Authorization")), Is.EqualTo(("/back", (string?)null)));
    }

    [TestCase(307)]
    [TestCase(308)]
    public async Task KeepsTheMethod_PostOfBytes_IsSentThereWhole(int status)
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(status, "", ("Location", "/there")), Answer.With(201));
        await using var calling = new FaultCalling(server);

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("order"));

        Assert.That((server.Served[1].Method, server.Served[1].Target, server.Served[1].BodyText), Is.EqualTo(("POST", "/there", "order")));
    }

    [TestCase(307)]
    [TestCase(308)]
    public async Task KeepsTheMethod_PostOfAStreamThatCannotSeek_IsReturned(int status)
    {
        await using var server = ScriptedServer.Start().Answers(status, "moved", ("Location", "/there"));
        await using var calling = new FaultCalling(server);
        using var stream = new OneWayStream(new MemoryStream(new byte[1000]));

        using var response = await calling.SendAsync(HttpMethod.Post, new StreamContent(stream));

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("moved"));
    }

    [Test]
    public async Task KeepsTheMethod_StreamThatCannotSeekWasNotAskedFor_IsSentThere()
    {
        await using var server = ScriptedServer.Start().InTurn(
            new Answer(
                static async (_, connection) =>
                {
                    await connection.RespondAsync(307, "", ("Location", "/there"), ("Connection", "close"));
                    await connection.CloseAsync();
                },
                Answer.OnlyHttp1),
            Answer.With(201));
        await using var calling = new FaultCalling(server);
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(100_000)));
        using var request = calling.Request(HttpMethod.Post, new StreamContent(stream));
        request.Headers.ExpectContinue = true;

        using var response = await calling.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(server.Served[1].Body, Is.EqualTo(Bodies.OfLength(100_000)));
    }

    [Test]
    public async Task KeepsTheMethod_PutOfAStreamThatCanSeek_IsSentThereFromItsBeginning()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(308, "", ("Location", "/there")), Answer.With(503), Answer.With(200), Answer.With(200));
        await using var calling = new FaultCalling(server);
        using var stream = new MemoryStream(Bodies.OfLength(2_000_000)); // Large enough to be watched.

        using var response = await calling.SendAsync(HttpMethod.Put, new StreamContent(stream));

        Assert.That(server.Served.Select(static request => request.Target), Is.EqualTo(["/items", "/there", "/items"]));
        Assert.That(server.Served.Select(static request => request.Body), Is.All.EqualTo(Bodies.OfLength(2_000_000)));
    }

    [TestCase(301, "POST", "GET")]
    [TestCase(302, "POST", "GET")]
    [TestCase(303, "POST", "GET")]
    [TestCase(303, "PUT", "GET")]
    [TestCase(302, "PUT", "PUT")]
    public async Task ChangesTheMethod_WithABody_IsAsTheStatusSays(int status, string method, string expected)
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(status, "", ("Location", "/there")), Answer.With(200));
        await using var calling = new FaultCalling(server);

        using var response = await calling.SendAsync(HttpMethod.Parse(method), new StringContent("order"));

        Assert.That(server.Served[1].Method, Is.EqualTo(expected));
        Assert.That(server.Served[1].BodyText, Is.EqualTo(expected == "GET" ? "" : "order"));
        Assert.That(server.Served[1].Header("Content-Type"), expected == "GET" ? Is.Null : Is.Not.Null);
    }

    [Test]
    public async Task FromSecureToInsecure_Get_IsReturned()
    {
        await using var insecure = ScriptedServer.Start().Answers(200);
        await using var server = ScriptedServer.StartTls(TestCertificates.Localhost).Answers(302, "moved", ("Location", insecure.Uri.AbsoluteUri));
        await using var calling = new FaultCalling([server, insecure], server.Uri);

        using var response = await calling.GetAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("moved"));
        Assert.That(insecure.Connections, Is.Zero);
    }

    [TestCase("ftp://127.0.0.1/")]
    [TestCase("file:///etc/hosts")]
    [TestCase("http://[::1")]
    [TestCase("")]
    [TestCase("//")]
    [TestCase("//[")]
    [TestCase("//a:99999/")]
    public async Task Location_LeadsNowhere_IsReturned(string location)
    {
        await using var server = ScriptedServer.Start().Answers(302, "moved", ("Location", location));
        await using var calling = new FaultCalling(server);

        using var response = await calling.GetAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [TestCase("https://a/", "http://b/", false)]
    [TestCase("wss://a/", "http://b/", false)]
    [TestCase("wss://a/", "ws://b/", false)]
    [TestCase("wss://a/", "https://b/", true)]
    [TestCase("ws://a/", "http://b/", true)]
    [TestCase("http://a/", "ftp://b/", false)]
    [TestCase("http://a/", "http://b\uff20c/", false)]
    public void AddressOf_Scheme_IsNotLessSecureAndHasAHost(string from, string location, bool expected)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.Found);
        response.Headers.Location = new Uri(location);

        Assert.That(RedirectRule.AddressOf(new Uri(from), response), expected ? Is.EqualTo(new Uri(location)) : Is.Null);
    }

    [TestCase(302)]
    [TestCase(303)]
    [TestCase(307)]
    [TestCase(308)]
    public async Task Post_NextHopRefusesTheConnection_IsNotSentAgain(int status)
    {
        await using var dead = ScriptedServer.Start();
        var address = dead.Uri;
        await dead.DisposeAsync();
        await using var server = ScriptedServer.Start().Answers(status, "", ("Location", address.AbsoluteUri));
        await using var calling = new FaultCalling([server], server.Uri, options => options.Egress.AllowedHosts.Add(address.Authority)) { Unseen = 1 };

        var failure = await calling.SendAsync(HttpMethod.Post, new StringContent("order")).FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(server.Served.Select(static request => request.Method), Is.EqualTo(["POST"]), "it has arrived there");
            Assert.That(failure, Is.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConnectionError));
            Assert.That(AttemptClassification.Of(Polly.Outcome.FromException<HttpResponseMessage>(failure!)), Is.EqualTo(AttemptClass.Unknown), "nor does anybody around send it again");
        }
    }

    [Test]
    public async Task Get_NextHopRefusesTheConnection_IsTriedAgain()
    {
        await using var dead = ScriptedServer.Start();
        var address = dead.Uri;
        await dead.DisposeAsync();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(302, "", ("Location", address.AbsoluteUri)), Answer.With(200));
        await using var calling = new FaultCalling([server], server.Uri, options => options.Egress.AllowedHosts.Add(address.Authority)) { Unseen = 1 };

        using var response = await calling.GetAsync();

        Assert.That((response.StatusCode, server.Requests), Is.EqualTo((HttpStatusCode.OK, 2)));
    }

    [Test]
    public async Task Post_NextHopIsThrottled_IsNotSentAgain()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(303, "", ("Location", "/there")), Answer.With(429), Answer.With(201));
        await using var calling = new FaultCalling(server, static options => options.Retry.RetryThrottledUnsafeMethods = true);

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("order"));

        Assert.That(((int)response.StatusCode, server.Requests), Is.EqualTo((429, 2)));
    }

    [Test]
    public async Task OtherOrigin_FailsThere_IsNotTheFailureOfTheEndpoint([Values] bool isBody)
    {
        await using var other = ScriptedServer.Start().Answers(isBody
            ? Answer.Of(static async connection =>
            {
                await connection.SendHeadAsync(200, ("Content-Length", "1000000"));
                await connection.SendAsync(new byte[1000]);
                await connection.CloseAsync();
            })
            : Answer.With(500));
        await using var server = ScriptedServer.Start().Answers(302, "", ("Location", other.Uri.AbsoluteUri));
        await using var calling = new FaultCalling([server, other], server.Uri, options =>
        {
            options.Egress.AllowedHosts.Add(other.Uri.Authority);
            (options.CircuitBreaker.MinimumAttempts, options.Retry.MaxAttempts) = (1, 1);
        });

        using var response = await calling.BeginGetAsync();
        await response.Content.ReadAsStringAsync().FailureAsync();

        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public async Task OtherOrigin_CallersOwnApiKey_DoesNotGoAlong()
    {
        await using var other = ScriptedServer.Start().Answers(200);
        await using var server = ScriptedServer.Start().Answers(302, "", ("Location", other.Uri.AbsoluteUri));
        await using var calling = new FaultCalling([server, other], server.Uri, options =>
        {
            options.Egress.AllowedHosts.Add(other.Uri.Authority);
            options.ApiKey.Keys.Add("ours");
        });
        using var request = Secret(calling);

        using var response = await calling.SendAsync(request);

        Assert.That((server.Served[0].Header("X-Api-Key"), other.Served[0].Header("X-Api-Key")), Is.EqualTo(("key", (string?)null)));
    }

    [Test]
    public async Task ElevenHops_Get_IsReturnedAtTheTenth()
    {
        await using var server = ScriptedServer.Start().OnRequest(static (request, connection) =>
            connection.RespondAsync(302, "moved", ("Location", request.Target + "/on")));
        await using var calling = new FaultCalling(server);

        using var response = await calling.GetAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Found));
        Assert.That((server.Requests, server.Connections), Is.EqualTo((11, 1)));
        Assert.That(calling.Snapshot.Attempts[AttemptCause.Hop], Is.EqualTo(10));
        Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(1));
    }

    [Test]
    public async Task Hops_AreSlow_ShareTheTimeOfTheAttempt()
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(302, "", ("Location", "/slow")), Answer.Stall, Answer.With(200, "original"));
        await using var calling = new FaultCalling(server);
        var call = calling.GetAsync();
        await calling.PassAttemptAsync(2);

        using var response = await call;

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("original"));
        Assert.That(server.Served.Select(static request => request.Target), Is.EqualTo(["/items", "/slow", "/items"]), "a retry begins anew");
    }

    [Test]
    public async Task Hop_Fails_RetryBeginsWithTheCallersRequest()
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(303, "", ("Location", "/there")), Answer.With(503), Answer.With(201));
        await using var calling = new FaultCalling(server);

        using var response = await calling.SendAsync(HttpMethod.Put, new StringContent("order"));

        Assert.That(server.Served.Select(static request => $"{request.Method} {request.Target} {request.BodyText}"), Is.EqualTo(["PUT /items order", "GET /there ", "PUT /items order"]));
    }

    [Test]
    public async Task NetworkThatRedirectsItself_IsFoundOutAndToldOnce()
    {
        await using var server = ScriptedServer.Start().OnRequest(static (request, connection) => request.Target == "/items"
            ? connection.RespondAsync(302, "", ("Location", "/there"))
            : connection.RespondAsync(200));
        await using var calling = new FaultCalling(server, network: RedirectByItself) { HiddenResends = 2 };
        for (var i = 0; i < 2; i++)
        {
            using var request = Secret(calling);
            using var response = await calling.SendAsync(request);

            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(request.RequestUri, Is.EqualTo(new Uri(server.Uri, "items")));
            Assert.That(request.Headers.Authorization?.Parameter, Is.EqualTo("secret"));
        }

        Assert.That(calling.Logs.Named("RequestWasChanged"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task NetworkThatRedirectsItself_Retry_SendsWhatTheCallerMade()
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(303, "", ("Location", "/there")), Answer.With(503), Answer.With(201));
        await using var calling = new FaultCalling(server, network: RedirectByItself) { HiddenResends = 1 };
        using var request = Secret(calling, HttpMethod.Put, new StringContent("order"));

        using var response = await calling.SendAsync(request);

        Assert.That(server.Served.Select(static request => $"{request.Method} {request.Target} {request.BodyText}"), Is.EqualTo(["PUT /items order", "GET /there ", "PUT /items order"]));
        Assert.That(server.Served[2].Header("Authorization"), Is.EqualTo("Bearer secret"));
    }

    [Test]
    public async Task NetworkThatRedirectsItself_Credential_IsNotSent()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, static options => options.ApiKey.Keys.Add("key"), RedirectByItself);

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("follows redirects by itself"));
        Assert.That((server.Connections, calling.Snapshot.Refused), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task PrimaryHandlerOfTheUsers_OtherOrigin_LosesWhatIsSecret([Values] bool isClientHandler)
    {
        await using var other = ScriptedServer.Start().Answers(200);
        await using var server = ScriptedServer.Start().Answers(302, "", ("Location", other.Uri.AbsoluteUri));
        var options = new AmbassadorOptions { BaseAddress = server.Uri };
        options.ApiKey.Keys.Add("key");
        options.Egress.AllowedHosts.Add(other.Uri.Authority);
        using var client = new HttpClient(new AmbassadorHandler(options) { InnerHandler = isClientHandler ? new HttpClientHandler() : new SocketsHttpHandler() });
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Uri);
        request.Headers.Add("Cookie", "a=b");
        request.Headers.Add("Idempotency-Key", "\"1\"");

        using var response = await client.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Served.Single().Header("X-Api-Key"), Is.EqualTo("key"));
        Assert.That(other.Served.Single().Headers.Select(static header => header.Name), Has.None.AnyOf("X-Api-Key", "Cookie", "Idempotency-Key"));
    }

    [TestCase("https://a.test/", "http://a.test/", false)]
    [TestCase("wss://a.test/", "http://a.test/", false)]
    [TestCase("wss://a.test/", "https://a.test/", true)]
    [TestCase("ws://a.test/", "http://a.test/", true)]
    public void RedirectRule_FromOneSchemeToAnother_NeverLosesTls(string from, string to, bool isFollowed)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.Found) { Headers = { Location = new Uri(to) } };

        Assert.That(RedirectRule.TargetOf(new Uri(from), response), isFollowed ? Is.EqualTo(new Uri(to)) : Is.Null);
    }

    [TestCase("http://a.test/x", "http://b.test/y", "http://b.test/y")]
    [TestCase("http://a.test/x", "http://b.test/y#there", "http://b.test/y#there")]
    [TestCase("http://a.test/x#here", "http://b.test/y", "http://b.test/y#here")]
    [TestCase("http://a.test/x#here", "http://b.test/y?z#there", "http://b.test/y?z#there")]
    [TestCase("http://a.test/x#here", "http://user@b.test/y", null)]
    public void RedirectRule_Fragment_GoesAlongUnlessTheTargetHasItsOwn(string from, string to, string? expected)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.Found) { Headers = { Location = new Uri(to) } };

        Assert.That(RedirectRule.TargetOf(new Uri(from), response)?.AbsoluteUri, Is.EqualTo(expected));
    }

    [TestCase("http://a.test/x", "http://A.TEST:80/y?z", true)]
    [TestCase("https://a.test/", "wss://a.test/", true)]
    [TestCase("http://a.test/", "http://a.test:81/", false)]
    [TestCase("http://a.test:443/", "https://a.test/", false)]
    [TestCase("http://a.test/", "http://b.test/", false)]
    public void RedirectRule_SameOrigin_IsSchemeHostAndPort(string one, string other, bool expected) =>
        Assert.That(RedirectRule.IsSameOrigin(new Uri(one), new Uri(other)), Is.EqualTo(expected));

    [TestCase(301, true)]
    [TestCase(302, true)]
    [TestCase(303, true)]
    [TestCase(307, true)]
    [TestCase(308, true)]
    [TestCase(300, false)]
    [TestCase(304, false)]
    [TestCase(201, false)]
    public void RedirectRule_StatusAndLocation_AreARedirectTogether(int status, bool expected)
    {
        using var bare = new HttpResponseMessage((HttpStatusCode)status);
        using var response = new HttpResponseMessage((HttpStatusCode)status) { Headers = { Location = new Uri("/there", UriKind.Relative) } };

        Assert.That((RedirectRule.IsRedirect(response), RedirectRule.IsRedirect(bare)), Is.EqualTo((expected, false)));
    }

    [TestCase(301, "HEAD", "HEAD")]
    [TestCase(301, "PUT", "PUT")]
    [TestCase(303, "GET", "GET")]
    [TestCase(303, "HEAD", "HEAD")]
    [TestCase(303, "DELETE", "GET")]
    [TestCase(307, "POST", "POST")]
    [TestCase(308, "POST", "POST")]
    public void RedirectRule_Method_IsAsTheStatusSays(int status, string method, string expected) =>
        Assert.That(RedirectRule.MethodOf(HttpMethod.Parse(method), (HttpStatusCode)status).Method, Is.EqualTo(expected));

    /// <summary>Has the network follow redirects by itself, and be past changing that.</summary>
    private static void RedirectByItself(SocketsHttpHandler network)
    {
        network.AllowAutoRedirect = true;
        using var invoker = new HttpMessageInvoker(network, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1:1/"); // Where nobody listens.
        Assert.That(() => invoker.Send(request, CancellationToken.None), Throws.TypeOf<HttpRequestException>());
    }

    private static HttpRequestMessage Secret(FaultCalling calling, HttpMethod? method = null, HttpContent? content = null)
    {
        var request = calling.Request(method ?? HttpMethod.Get, content);
        request.Headers.Authorization = new("Bearer", "secret");
        request.Headers.ProxyAuthorization = new("Basic", "secret");
        request.Headers.Add("Cookie", "a=b");
        request.Headers.Add("Idempotency-Key", "\"1\"");
        request.Headers.Add("X-Api-Key", "key");
        request.Headers.Add("X-Other", "stays");
        return request;
    }
}
