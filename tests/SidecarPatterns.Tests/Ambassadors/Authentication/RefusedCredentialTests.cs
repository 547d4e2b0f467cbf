using System.Net;
using Polly;
using Polly.Retry;

namespace SidecarPatterns.Tests;

/// <summary>What a 401 does.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RefusedCredentialTests
{
    private static readonly Answer Refused = Answer.With(401, "no", ("WWW-Authenticate", "Bearer error=\"invalid_token\""));

    [Test]
    public async Task Refused_TokenIsRenewed_IsSentAgainAndCostsNothing()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(200), Refused, Answer.With(200, "good"));
        await using var calling = new CredentialCalling(server, tokens, static options =>
        {
            options.Retry.MaxAttempts = 1;
            options.RetryBudget.Capacity = 0;
        });
        await calling.StatusAsync();

        Assert.That(await calling.PassAsync(calling.Calling.SendAsync(HttpMethod.Post, new StringContent("order"))), Is.EqualTo(200));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t1", "Bearer t2"]));
            Assert.That(server.Served[2].BodyText, Is.EqualTo("order"));
            Assert.That(calling.Calling.Snapshot.Attempts[AttemptCause.Replay], Is.EqualTo(1));
            Assert.That(calling.Calling.Snapshot.Attempts[AttemptCause.Retry], Is.Zero);
            Assert.That((calling.Snapshot.Refused, calling.Snapshot.Renewals, calling.Snapshot.Acquired), Is.EqualTo((1, 1, 2)));
        }
    }

    [Test]
    public async Task Refused_Twice_ReturnsThatAnswerAndPausesRenewals()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(401, "still no");
        await using var calling = new CredentialCalling(server, tokens);
        var call = calling.GetAsync();
        await calling.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(1), () => call.IsCompleted);
        using var response = await call;

        Assert.That((response.StatusCode, await response.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.Unauthorized, "still no")));
        Assert.That((server.Requests, tokens.Requests), Is.EqualTo((2, 2)), "once in a call");
        Assert.That((calling.Snapshot.Refused, calling.Calling.Logs.Named("CredentialRefused").Count), Is.EqualTo((2, 1)), "the pause begins with this call");

        // Each call lets some time pass too: the pauses are tried up to a few seconds before their ends.
        await CallForAsync(calling, TimeSpan.FromSeconds(25));
        Assert.That(tokens.Requests, Is.EqualTo(2), "paused for 30 s");
        calling.Clock.Advance(TimeSpan.FromSeconds(6));
        await calling.StatusAsync();
        Assert.That(tokens.Requests, Is.EqualTo(3));
        await CallForAsync(calling, TimeSpan.FromSeconds(50));
        Assert.That(tokens.Requests, Is.EqualTo(3), "and then for 60 s");
        for (var i = 0; i < 240; i++)
        {
            calling.Clock.Advance(TimeSpan.FromSeconds(15));
            await calling.StatusAsync();
        }

        Assert.That(tokens.Requests - 3, Is.InRange(8, 11), "an hour, and ten minutes at most");
        Assert.That(calling.Calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
    }

    private static async Task CallForAsync(CredentialCalling calling, TimeSpan time)
    {
        for (var from = calling.Clock.GetTimestamp(); calling.Clock.GetElapsedTime(from) < time;)
        {
            await calling.StatusAsync();
            calling.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Test]
    public async Task Refused_AnotherTokenIsThereAlready_IsSentAgainWithItAndNoneIsAskedFor()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(401).After(held),
            Refused,
            Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens);
        var slow = calling.GetAsync();
        await held.ReachedAsync();
        Assert.That(await calling.StatusAsync(), Is.EqualTo(200), "which has the token renewed");

        held.Release();

        Assert.That(await calling.PassAsync(slow), Is.EqualTo(200));
        Assert.That(tokens.Requests, Is.EqualTo(2));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t1", "Bearer t2", "Bearer t2"]));
    }

    [Test]
    public async Task Refused_ManyAtOnce_AskOnce()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().OnRequest(static (request, connection) =>
            connection.RespondAsync(request.Header("Authorization") == "Bearer t1" ? 401 : 200));
        await using var calling = new CredentialCalling(server, tokens);

        var calls = Enumerable.Range(0, 50).Select(_ => calling.GetAsync()).ToList();
        foreach (var call in calls)
        {
            Assert.That(await calling.PassAsync(call), Is.EqualTo(200));
        }

        Assert.That(tokens.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task Refused_InsufficientScope_IsNotRenewed()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(401, "", ("WWW-Authenticate", "Bearer error=\"insufficient_scope\""));
        await using var calling = new CredentialCalling(server, tokens);

        Assert.That(await calling.StatusAsync(), Is.EqualTo(401));
        Assert.That((server.Requests, tokens.Requests), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Refused_RenewOn401IsOff_IsReturned()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(401);
        await using var calling = new CredentialCalling(server, tokens, static options => options.Authentication.RenewOn401 = false);

        Assert.That(await calling.StatusAsync(), Is.EqualTo(401));
        Assert.That(await calling.StatusAsync(), Is.EqualTo(401));
        Assert.That((server.Requests, tokens.Requests), Is.EqualTo((2, 1)));
    }

    [Test]
    public async Task Refused_ContentIsGone_IsReturnedAndTheNextCallHasAnotherToken()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Refused, Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens);
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(100_000)));

        Assert.That(await calling.PassAsync(calling.Calling.SendAsync(HttpMethod.Post, new StreamContent(stream))), Is.EqualTo(401));
        Assert.That((server.Requests, tokens.Requests), Is.EqualTo((1, 1)));
        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t2"]));
        Assert.That(calling.Snapshot.Renewals, Is.EqualTo(1), "whoever asks");
    }

    [TestCase("POST", 2, 401)]
    [TestCase("PUT", 4, 200)]
    public async Task Refused_AfterARedirect_OnlyWhatMayBeDoneTwiceIsSentAgain(string method, int requests, int status)
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(303, "", ("Location", "/there")), Refused, Answer.With(303, "", ("Location", "/there")), Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens);

        Assert.That(await calling.PassAsync(calling.Calling.SendAsync(HttpMethod.Parse(method), new StringContent("order"))), Is.EqualTo(status));
        Assert.That(server.Requests, Is.EqualTo(requests));
        await calling.StatusAsync();
        Assert.That(calling.Sent[^1], Is.EqualTo("Bearer t2"), "the refused one is not used again");
    }

    [Test]
    public async Task Refused_UnderARetryPipelineAfterARedirect_IsSentAgain()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(302, "", ("Location", "/there")), Refused, Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens, static options => options.UseRetryPipeline(ResiliencePipeline<HttpResponseMessage>.Empty));

        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t1", "Bearer t2"]));
    }

    [Test]
    public async Task UnderARetryPipeline_NoTokenInTime_IsToldAsTheTimeout()
    {
        await using var tokens = ScriptedServer.Start().InTurn(Tokens.Of("t1", "20"), Answer.Stall);
        await using var server = ScriptedServer.Start().Answers(503);
        var between = new SyncPoint();
        var pipeline = new ResiliencePipelineBuilder<HttpResponseMessage>()
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                Delay = TimeSpan.Zero,
                ShouldHandle = static attempt => ValueTask.FromResult(attempt.Outcome.Result is not null),
                OnRetry = async _ => await between.PassAsync(),
            })
            .Build();
        await using var calling = new CredentialCalling(server, tokens, options =>
        {
            options.UseRetryPipeline(pipeline);
            options.Timeout = TimeSpan.FromSeconds(30.005); // No multiple of the scanner's steps: the wait for the token is over first.
        });
        var call = calling.GetAsync();
        await between.ReachedAsync();
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(22)); // The token has ended.
        between.Release();
        await tokens.WhenRequestedAsync(2);
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(8.005));
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(8));
        await calling.Clock.PassAsync(TimeSpan.FromMilliseconds(5));

        Assert.That(await call.FailureAsync(), Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(2)); // The request for the token has its own limit, of ten seconds.
        await calling.SettleAsync();
    }

    [Test]
    public async Task Refused_EveryContentIsGone_DoesNotAskForATokenWithEachCall()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(401);
        await using var calling = new CredentialCalling(server, tokens);
        for (var i = 0; i < 10; i++)
        {
            using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(1000)));
            Assert.That(await calling.PassAsync(calling.Calling.SendAsync(HttpMethod.Post, new StreamContent(stream))), Is.EqualTo(401));
        }

        Assert.That(tokens.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task Refused_InsteadOfContinue_ContentIsUntouchedAndIsSentAgain()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(
            new Answer(
                static async (_, connection) =>
                {
                    await connection.RespondAsync(401, "", ("Connection", "close"));
                    await connection.CloseAsync();
                },
                Answer.OnlyHttp1),
            Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens);
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(200_000)));
        using var request = calling.Calling.Request(HttpMethod.Post, new StreamContent(stream));
        request.Headers.ExpectContinue = true;

        Assert.That(await calling.PassAsync(calling.Calling.SendAsync(request)), Is.EqualTo(200));
        Assert.That(server.Served[1].Body, Is.EqualTo(Bodies.OfLength(200_000)));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t2"]));
    }

    [Test]
    public async Task Refused_RenewalFails_TheAnswerIsReturnedWithItsBody()
    {
        await using var tokens = ScriptedServer.Start().InTurn(Tokens.Of("t1"), Answer.With(500));
        await using var server = ScriptedServer.Start().Answers(401, "no");
        await using var calling = new CredentialCalling(server, tokens);
        var call = calling.GetAsync();
        await calling.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(1), () => call.IsCompleted);
        using var response = await call;

        Assert.That((response.StatusCode, await response.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.Unauthorized, "no")));
        Assert.That(calling.Snapshot.IsFailing, Is.True);
    }

    [Test]
    public async Task Refused_DeadlineIsOverBeforeTheRenewal_TheAnswerIsReturned()
    {
        await using var tokens = ScriptedServer.Start().InTurn(Tokens.Of("t1"), Answer.Stall);
        await using var server = ScriptedServer.Start().Answers(401, "no");
        await using var calling = new CredentialCalling(server, tokens, static options => options.Timeout = TimeSpan.FromSeconds(3));
        var call = calling.GetAsync();
        await tokens.WhenRequestedAsync(2);
        await calling.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => call.IsCompleted);

        using var response = await call;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        await calling.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => !calling.State.Credential.Cache!.IsAsking);
    }

    [Test]
    public async Task Refused_CallerLeavesDuringTheRenewal_IsCancelled()
    {
        await using var tokens = ScriptedServer.Start().InTurn(Tokens.Of("t1"), Answer.Stall);
        await using var server = ScriptedServer.Start().Answers(401, "no");
        await using var calling = new CredentialCalling(server, tokens);
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await tokens.WhenRequestedAsync(2);

        await caller.CancelAsync();

        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
        Assert.That(calling.Calling.Snapshot.Cancelled, Is.EqualTo(1));
        await calling.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => !calling.State.Credential.Cache!.IsAsking);
    }

    [Test]
    public async Task Refused_SameTokenAgain_IsNotSentAgain()
    {
        await using var tokens = ScriptedServer.Start().Answers(Tokens.Of("same"));
        await using var server = ScriptedServer.Start().Answers(401);
        await using var calling = new CredentialCalling(server, tokens);

        Assert.That(await calling.StatusAsync(), Is.EqualTo(401));
        Assert.That(calling.Calling.Logs.Named("CredentialRefused"), Has.Count.EqualTo(1), "the pause begins with the first call");
        Assert.That(await calling.StatusAsync(), Is.EqualTo(401));
        Assert.That((server.Requests, tokens.Requests), Is.EqualTo((2, 2)));
    }

    [Test]
    public async Task Refused_AnswerIsUnreadAndThereIsOnePlace_IsSentAgainAndHoldsNoneMeanwhile()
    {
        var held = new SyncPoint();
        await using var tokens = ScriptedServer.Start().InTurn(
            Tokens.Of("t1"),
            Tokens.Of("t2").After(held));
        await using var server = ScriptedServer.Start().InTurn(
            Answer.Of(static async connection =>
            {
                await connection.SendChunkedHeadAsync(401, ("Content-Type", "text/event-stream"));
                await connection.StallAsync();
            }),
            Answer.With(200, "other"),
            Answer.With(200, "good"));
        await using var calling = new CredentialCalling(server, tokens, static options => options.Concurrency.Limit = 1);
        var call = calling.GetAsync();
        await held.ReachedAsync();

        Assert.That(await calling.StatusAsync(), Is.EqualTo(200), "the place is free while the token is waited for");
        held.Release();

        Assert.That(await calling.PassAsync(call), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t1", "Bearer t2"]));
    }

    [Test]
    public async Task Refused_PlaceIsTakenMeanwhile_QueuesForTheNext()
    {
        var renewing = new SyncPoint();
        var busy = new SyncPoint();
        await using var tokens = ScriptedServer.Start().InTurn(
            Tokens.Of("t1"),
            Tokens.Of("t2").After(renewing));
        await using var server = ScriptedServer.Start().InTurn(
            Refused,
            Answer.With(200).After(busy),
            Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens, static options => (options.Concurrency.Limit, options.Concurrency.QueueLimit) = (1, 1));
        var call = calling.GetAsync();
        await renewing.ReachedAsync();
        var other = calling.GetAsync();
        await busy.ReachedAsync();
        renewing.Release();
        await calling.Clock.ArmedAsync(AmbassadorConcurrencyConstants.QueueTimeout);

        busy.Release();

        Assert.That((int)(await call).StatusCode, Is.EqualTo(200));
        (await other).Dispose();
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t1", "Bearer t2"]));
    }

    [Test]
    public async Task Refused_AfterOneWasTaken_PauseIsTheFirstAgain()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Refused, Refused, Refused, Answer.With(200), Refused);
        await using var calling = new CredentialCalling(server, tokens);
        Assert.That(await calling.StatusAsync(), Is.EqualTo(401), "30 s begin");
        calling.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.That(await calling.StatusAsync(), Is.EqualTo(200), "and the next renewed one is taken");
        calling.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.That((await calling.StatusAsync(), tokens.Requests), Is.EqualTo((401, 4)), "30 s begin anew, and not 60");
        calling.Clock.Advance(TimeSpan.FromSeconds(31));

        await calling.StatusAsync();

        Assert.That(tokens.Requests, Is.EqualTo(5));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Refused_OneOfTwoAttempts_IsRenewedAndSentAgain(bool isFirst)
    {
        var held = new SyncPoint();
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(isFirst ? 401 : 503).After(held),
            isFirst ? Answer.With(503) : Refused,
            Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens, static options => (options.Hedging.Enabled, options.Hedging.Delay) = (true, TimeSpan.FromSeconds(1)));
        var call = calling.GetAsync();
        await held.ReachedAsync();
        await calling.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await server.WhenRequestedAsync(2);
        held.Release();

        Assert.That(await calling.PassAsync(call), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t1", "Bearer t2"]));
    }

    [Test]
    public async Task Refused_UnderAnAttemptPipeline_IsSentAgain()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Refused, Answer.With(200));
        await using var calling = new CredentialCalling(
            server, tokens, static options => options.UseAttemptPipeline(new ResiliencePipelineBuilder<HttpResponseMessage>().AddTimeout(TimeSpan.FromMinutes(1)).Build()));

        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t2"]));
    }


    [Test]
    public async Task Refused_Synchronously_IsSentAgain()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Refused, Answer.With(200, "good"));
        await using var calling = new CredentialCalling(server, tokens);

        var call = Task.Run(() => calling.Calling.Client.Send(calling.Calling.Request(HttpMethod.Get)));

        Assert.That(await calling.PassAsync(call), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t2"]));
    }

    [Test]
    public async Task Refused_UnderARetryPipeline_IsSentAgainOnce()
    {
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503), Refused, Answer.With(503), Answer.With(200));
        await using var calling = new CredentialCalling(server, tokens, static options => options.UseRetryPipeline(
            new ResiliencePipelineBuilder<HttpResponseMessage>()
                .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
                {
                    Delay = TimeSpan.Zero,
                    ShouldHandle = static attempt => ValueTask.FromResult(AttemptClassification.IsTransient(attempt.Outcome)),
                })
                .Build()));

        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t1", "Bearer t1", "Bearer t2", "Bearer t2"]));
    }
}
