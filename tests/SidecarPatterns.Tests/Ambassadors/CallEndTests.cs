using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>What is left of a call when it has ended: the request is its caller's again, and the outcome is what the last word was.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class CallEndTests
{
    [Test]
    public async Task Send_LargeUpload_ContentIsTheCallersAgain()
    {
        await using var calling = new Calling(static options => options.Content.LargeUploadFrom = 10);
        calling.Server.Then(200);
        using var content = new ByteArrayContent(new byte[100]);
        using var request = new HttpRequestMessage(HttpMethod.Put, "items") { Content = content };

        using var response = await calling.Client.SendAsync(request).InTime();

        Assert.That(request.Content, Is.SameAs(content));
    }

    [Test]
    public async Task Send_KeyWasAdded_IsTakenOffAgain([Values] bool fails)
    {
        await using var calling = new Calling(static options => (options.Retry.AddIdempotencyKey, options.Retry.Delay) = (true, TimeSpan.Zero));
        calling.Server.Then(fails ? 500 : 200);
        using var request = new HttpRequestMessage(HttpMethod.Post, "items");

        using var response = await calling.Client.SendAsync(request).InTime();

        Assert.That(calling.Server.Requests, Has.All.Property("Headers").Contains("Idempotency-Key"));
        Assert.That(request.Headers.Contains("Idempotency-Key"), Is.False);
    }

    [TestCase(false, 2)]
    [TestCase(true, 3)]
    public async Task Send_ConflictAfterAFailure_IsNotTheLastWordWhereTheServerKnowsTheRequest(bool hasKey, int requests)
    {
        await using var calling = new Calling(static options => options.Retry.Delay = TimeSpan.Zero);
        calling.Server.Then(500).Then(409);
        using var request = new HttpRequestMessage(HttpMethod.Put, "items");
        if (hasKey)
        {
            request.Headers.Add("Idempotency-Key", "1");
        }

        using var response = await calling.Client.SendAsync(request).InTime();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(requests));
    }

    [Test]
    public async Task Send_TimeIsOverWhenARetryIsDue_NobodyIsSaidToHaveChangedTheRequest()
    {
        await using var calling = new Calling();
        calling.Server.Then(503, retryAfter: "5");
        var call = calling.GetAsync();
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));
        calling.Clock.Advance(TimeSpan.FromSeconds(40));

        using var response = await call.InTime();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(calling.Logs.Named("RequestWasChanged"), Is.Empty);
    }

    [Test]
    public async Task Send_EndpointsAddressWasPutIn_NobodyIsSaidToHaveChangedTheRequest([Values] bool fails)
    {
        await using var calling = new Calling(static options =>
        {
            options.Endpoints.Add(new AmbassadorEndpoint(new Uri("http://one.test/")));
            options.Retry.Delay = TimeSpan.Zero;
        });
        calling.Server.Then(fails ? 500 : 200);
        using var request = new HttpRequestMessage(HttpMethod.Get, "items");

        using var response = await calling.Client.SendAsync(request).InTime();

        Assert.That(calling.Server.Requests.Select(static sent => sent.Uri!.ToString()), Is.All.EqualTo("http://one.test/items"));
        Assert.That(request.RequestUri, Is.EqualTo(new Uri("http://server.test/items")));
        Assert.That(calling.Logs.Named("RequestWasChanged"), Is.Empty);
    }

    [Test]
    public async Task Send_ShortBodyIsLongerThanAllowed_Fails()
    {
        await using var calling = new Calling(static options => options.Content.MaxResponseSize = 10);
        calling.Server.Then(static () => new HttpResponseMessage { Content = new StreamContent(new MemoryStream(new byte[11])) });

        Assert.That(
            await calling.PassToFailureAsync(calling.GetAsync()),
            Is.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConfigurationLimitExceeded));
    }

    [Test]
    public async Task Send_WhereNothingFlows_IsAnswered()
    {
        await using var calling = new Calling();
        var held = new SyncPoint();
        calling.Server.Then(async (_, ct) =>
        {
            await held.PassAsync(ct);
            return ScriptedHandler.Response(200);
        });
        Task<HttpResponseMessage> call;
        using (ExecutionContext.SuppressFlow())
        {
            call = calling.GetAsync();
        }

        await held.ReachedAsync();
        held.Release();

        using var response = await call.InTime();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Send_RedirectLeadsToWhereNobodyListens_HasArrivedAllTheSame()
    {
        await using var calling = new Calling(static options => options.Retry.Delay = TimeSpan.Zero);
        calling.Server
            .Then(static () => ScriptedHandler.Redirect(307, "/there"))
            .Throws(static () => new HttpRequestException(HttpRequestError.ConnectionError, "refused"));

        var failure = await calling.PassToFailureAsync(calling.SendAsync(HttpMethod.Post, new StringContent("order")));

        Assert.That(failure, Is.TypeOf<HttpRequestException>());
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(2), "it is not sent a second time");
    }

    [Test]
    public async Task Send_SeeOtherAfterContentThatCanBeSentOnce_IsFollowed()
    {
        await using var calling = new Calling(static options => options.Content.BufferRequestsUpTo = 1);
        calling.Server.Then(static () => ScriptedHandler.Redirect(303, "/there")).Then(200);

        using var response = await calling.PassAsync(calling.SendAsync(HttpMethod.Post, new OneShotContent(Bodies.OfLength(100))));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Server.Requests[1], Has.Property("Method").EqualTo(HttpMethod.Get).And.Property("Body").Empty);
    }

    [Test]
    public async Task Send_DebuggerIsAttachedWhereThatCountsForNothing_TimeIsOver()
    {
        await using var calling = new Calling(static options => options.SuspendTimeoutsWhileDebugging = false);
        calling.State.IsDebuggerAttached = static () => true;
        calling.Server.Hangs();

        Assert.That(
            await calling.PassToFailureAsync(calling.SendAsync(HttpMethod.Post)),
            Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
    }

    [Test]
    public async Task Send_BudgetHasNoRoom_AttemptHasTheWholeTime()
    {
        await using var calling = new Calling(static options => options.RetryBudget.Capacity = 0);
        calling.Server.Hangs();

        var failure = await calling.PassToFailureAsync(calling.GetAsync());

        Assert.That(failure!.Message, Is.EqualTo("Ambassador 'ambassador' had no response within Timeout (00:00:30), after 1 attempt."));
    }

    [Test]
    public async Task Send_CredentialIsRefusedAndThenTheServerFails_TheRenewalCostNoAttempt()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(401), Answer.With(500), Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens, static options => (options.Retry.MaxAttempts, options.Retry.Delay) = (2, TimeSpan.Zero));

        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));

        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t2", "Bearer t2"]));
    }

    [Test]
    public async Task Send_CredentialIsRefusedInEachCall_IsRenewedInEach()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(401), Answer.With(200), Answer.With(401), Answer.With(200), Answer.With(401), Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens);

        for (var calls = 0; calls < 3; calls++)
        {
            Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
            calling.Clock.Advance(TimeSpan.FromMinutes(5));
        }

        Assert.That(server.Served, Has.Count.EqualTo(6));
    }
}
