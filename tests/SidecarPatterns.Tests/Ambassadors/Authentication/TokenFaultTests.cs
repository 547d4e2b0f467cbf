using System.Net;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>A token endpoint that misbehaves, over real connections.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class TokenFaultTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    public async Task Unavailable_NoToken_CallsFailAtOnceAndTheEndpointIsLeftAlone()
    {
        await using var tokens = ScriptedServer.Start().Answers(500, CredentialCalling.Secret);
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);
        var failed = 0;
        for (var elapsed = TimeSpan.Zero; elapsed < TimeSpan.FromMinutes(1); elapsed += Second)
        {
            for (var i = 0; i < 5; i++, failed++)
            {
                var failure = await calling.FailureAsync();
                Assert.That((failure.IssuerStatus, failure.HttpRequestError), Is.EqualTo((HttpStatusCode.InternalServerError, HttpRequestError.UserAuthenticationError)));
                Assert.That(failure.ToString(), Does.Not.Contain(CredentialCalling.Secret));
                Assert.That(failure.RetryAfter, Is.InRange(TimeSpan.Zero, TimeSpan.FromSeconds(30)));
            }

            calling.Clock.Advance(Second);
        }

        Assert.That(tokens.Requests, Is.InRange(5, 10));
        Assert.That(server.Requests, Is.Zero);
        Assert.That((calling.Calling.Snapshot.Refused, calling.Calling.Snapshot.Attempts[AttemptCause.First]), Is.EqualTo((failed, 0)), "nothing was sent");
        Assert.That(calling.Calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed), "the endpoint has nothing to do with it");
        Assert.That(calling.Calling.Logs.Named("CredentialFailed"), Has.Count.EqualTo(1));

        tokens.Counting();
        calling.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
        Assert.That(calling.Calling.Logs.Named("CredentialIsBack"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Unavailable_TokenIsStillGood_CallsGoOnWithIt()
    {
        await using var tokens = ScriptedServer.Start().Answers(Tokens.Of("old", "600"));
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);
        await calling.StatusAsync();
        tokens.Answers(500);
        calling.Clock.Advance(TimeSpan.FromSeconds(600 - 107)); // 120 s before its end, give or take a tenth.
        for (var elapsed = TimeSpan.Zero; elapsed < TimeSpan.FromMinutes(1); elapsed += Second)
        {
            Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
            await calling.SettleAsync();
            calling.Clock.Advance(Second);
        }

        Assert.That(tokens.Requests - 1, Is.InRange(5, 10));
        Assert.That(calling.Sent, Is.All.EqualTo("Bearer old"));
        Assert.That((calling.Snapshot.IsUsable, calling.Snapshot.IsFailing, calling.Snapshot.LastError), Is.EqualTo((true, true, "the token endpoint gave none (500)")));

        tokens.Answers(Tokens.Of("new"));
        calling.Clock.Advance(TimeSpan.FromSeconds(30));
        await calling.StatusAsync();
        await calling.SettleAsync();
        await calling.StatusAsync();
        Assert.That(calling.Sent[^1], Is.EqualTo("Bearer new"));
        Assert.That((calling.Snapshot.IsFailing, calling.Snapshot.LastError), Is.EqualTo((false, (string?)null)));
    }

    [Test]
    public async Task Hangs_FirstCallerLeaves_OthersStillGetTheToken()
    {
        var held = new SyncPoint();
        await using var tokens = ScriptedServer.Start().OnRequest(async (request, connection) =>
        {
            await held.PassAsync(CancellationToken.None);
            await Tokens.Of("late").OverHttp1(request, connection);
        });
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);
        using var caller = new CancellationTokenSource();
        var first = calling.Calling.InvokeAsync(HttpMethod.Get, ct: caller.Token);
        await held.ReachedAsync();
        var second = calling.GetAsync();

        await caller.CancelAsync();
        var failure = await first.FailureAsync();
        held.Release();
        using var response = await second;

        Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
        Assert.That((response.StatusCode, tokens.Requests), Is.EqualTo((HttpStatusCode.OK, 1)));
        Assert.That(calling.Calling.Snapshot.Cancelled, Is.EqualTo(1));
    }

    [Test]
    public async Task Hangs_DeadlineOfOneCall_EndsThatCallAlone()
    {
        await using var tokens = ScriptedServer.Start().Answers(Answer.Stall);
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);
        using var hurried = calling.Calling.Request(HttpMethod.Get);
        hurried.Options.Set(AmbassadorRequestOptions.Timeout, TimeSpan.FromSeconds(2));
        var first = calling.Calling.SendAsync(hurried);
        var second = calling.GetAsync();
        await tokens.WhenRequestedAsync(1);
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(2));

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(2));
        var failure = await first.FailureAsync();

        Assert.That(failure, Is.TypeOf<TaskCanceledException>().With.Message.Contains("Timeout (00:00:02)").And.InnerException.TypeOf<TimeoutException>());
        Assert.That(second.IsCompleted, Is.False);
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(8.1));
        Assert.That(await second.FailureAsync(), Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("timeout"), "the request for the token has a time of its own");
    }

    [Test]
    public async Task Slow_TokenHasEndedAndAThousandCallersCome_AskOnce()
    {
        TestClock? clock = null;
        await using var tokens = ScriptedServer.Start().InTurn(
            Tokens.Of("t1", "60"),
            Answer.Of(async (request, connection) =>
            {
                await connection.StallAsync(Task.Delay(TimeSpan.FromMilliseconds(200), clock!));
                await Tokens.Of("t2").OverHttp1(request, connection);
            }));
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens, network: static network => network.MaxConnectionsPerServer = 50);
        clock = calling.Clock;
        await calling.StatusAsync();
        clock.Advance(TimeSpan.FromSeconds(60));

        var calls = Enumerable.Range(0, 1000).Select(_ => Task.Run(() => calling.GetAsync())).ToList();
        await Eventually.HoldsAsync(() => clock.Armed.Count(static due => due == AmbassadorConstants.Timeout) == 1000, "all wait for the token");
        await clock.PassAsync(TimeSpan.FromMilliseconds(200));
        foreach (var call in calls)
        {
            (await call.InTime()).Dispose();
        }

        Assert.That((tokens.Requests, server.Requests), Is.EqualTo((2, 1001)));
        Assert.That(calling.Sent.Skip(1), Is.All.EqualTo("Bearer t2"));
    }

    [Test]
    public async Task ExpiresIn_ServerIsSlow_CountsFromTheStartOfTheRequest()
    {
        TestClock? clock = null;
        await using var tokens = ScriptedServer.Start().InTurn(
            Answer.Of(async (request, connection) =>
            {
                clock!.Advance(TimeSpan.FromSeconds(8));
                await Tokens.Of("t1", "60").OverHttp1(request, connection);
            }),
            Tokens.Of("t2"));
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);
        clock = calling.Clock;
        var asked = clock.GetTimestamp();
        await calling.StatusAsync();

        var cached = calling.State.Credential.Cache!.Current!;

        Assert.That(clock.GetElapsedTime(asked, cached.EndsAt), Is.EqualTo(TimeSpan.FromSeconds(60)).Within(TimeSpan.FromSeconds(0.5)));
        Assert.That(clock.GetElapsedTime(cached.UsableUntil, cached.EndsAt), Is.EqualTo(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public async Task ExpiresIn_HasPassedWhenTheTokenComes_IsAFailure()
    {
        TestClock? clock = null;
        await using var tokens = ScriptedServer.Start().OnRequest((request, connection) =>
        {
            clock!.Advance(TimeSpan.FromSeconds(3));
            return Tokens.Of("t1", "2").OverHttp1(request, connection);
        });
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);
        clock = calling.Clock;

        Assert.That(await calling.FailureAsync(), Has.Message.Contains("it had ended when it came"));
        Assert.That(tokens.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Token_IsShortLived_IsUsedForHalfItsTimeAndNotAskedForWithEachCall()
    {
        await using var tokens = ScriptedServer.Start().Counting("4");
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);
        for (var i = 0; i < 40; i++)
        {
            await calling.StatusAsync();
            await calling.SettleAsync();
            calling.Clock.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.That(tokens.Requests, Is.InRange(4, 9), "ten seconds, one in about two");
    }

    [TestCase("invalid_client", 401)]
    [TestCase("unauthorized_client", 400)]
    [TestCase("invalid_scope", 400)]
    public async Task Rejected_ByTheIssuer_IsAnErrorOnceAndAskedAgainRarely(string error, int status)
    {
        await using var tokens = ScriptedServer.Start().Answers(Tokens.Error(status, error));
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);
        for (var elapsed = TimeSpan.Zero; elapsed < TimeSpan.FromMinutes(30); elapsed += TimeSpan.FromSeconds(10))
        {
            var failure = await calling.FailureAsync();
            Assert.That((failure.Error, (int)failure.IssuerStatus!), Is.EqualTo((error, status)));
            Assert.That(failure.Message, Does.Contain($"({status} {error})").And.Not.Contain(CredentialCalling.Secret));
            calling.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.That(tokens.Requests, Is.InRange(10, 16), "doubled up to five minutes");
        var told = calling.Calling.Logs.Named("CredentialRejected");
        Assert.That(told, Has.Count.EqualTo(1));
        Assert.That(told[0].Level, Is.EqualTo(LogLevel.Error));
        Assert.That(calling.Calling.Logs.Named("CredentialFailed"), Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task PrimaryHandlerOfTheUsers_WouldFollowARedirect_TakesTheSecretNowhere(bool wasUsed)
    {
        await using var other = ScriptedServer.Start().Answers(Tokens.Of("stolen"));
        await using var tokens = ScriptedServer.Start().Answers(307, "", ("Location", other.Uri.AbsoluteUri));
        await using var server = ScriptedServer.Start().Answers(200);
        using var primary = new HttpClientHandler();
        if (wasUsed)
        {
            using var client = new HttpClient(primary, disposeHandler: false);
            await client.GetAsync(new Uri("http://127.0.0.1:1/")).FailureAsync();
        }

        await using var calling = new CredentialCalling(server, tokens, options =>
        {
            options.ClientCredentials.Method = ClientAuthenticationMethod.ClientSecretPost;
            options.ClientCredentials.UsePrimaryHandler(() => primary);
        });

        var failure = await calling.FailureAsync();

        Assert.That((other.Connections, tokens.Requests), Is.EqualTo((0, wasUsed ? 0 : 1)));
        Assert.That(failure.Message, Does.Contain(wasUsed ? "follows redirects by itself" : "307"));
    }

    [Test]
    public async Task PrimaryHandlerOfTheUsers_CanNotBeMade_IsAFailureUntilItCan()
    {
        var made = 0;
        await using var tokens = ScriptedServer.Start().Counting();
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens, options =>
            options.ClientCredentials.UsePrimaryHandler(() => ++made == 1 ? throw new IOException(CredentialCalling.Secret) : new SocketsHttpHandler()));

        Assert.That((await calling.FailureAsync()).Message, Does.Contain("IOException"));
        calling.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
    }

    [Test]
    public async Task TokenEndpoint_LeadsToAMetadataService_IsNotAsked()
    {
        await using var tokens = ScriptedServer.Start();
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens, static options => options.ClientCredentials.TokenEndpoint = new Uri("https://169.254.169.254/token"));

        Assert.That((await calling.FailureAsync()).Message, Does.Contain("AmbassadorEgressException"));
    }

    [Test]
    public async Task Wait_ForATokenWhileTheCircuitIsHalfOpen_KeepsNobodyFromTheProbe()
    {
        var held = new SyncPoint();
        await using var tokens = ScriptedServer.Start().InTurn(
            Tokens.Of("t1", "20"),
            Tokens.Of("t2").After(held));
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens, static options =>
        {
            (options.CircuitBreaker.MinimumAttempts, options.Retry.MaxAttempts) = (2, 1);
            options.CircuitBreaker.BreakDuration = TimeSpan.FromSeconds(1);
        });
        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
        server.InTurn(Answer.With(500), Answer.With(200));
        Assert.That(await calling.StatusAsync(), Is.EqualTo(500));
        Assert.That(calling.Calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Open));
        calling.Clock.Advance(TimeSpan.FromSeconds(18)); // The token has ended, and so has the break.
        var waiting = calling.GetAsync();
        await held.ReachedAsync();
        using var own = calling.Calling.Request(HttpMethod.Get);
        own.Headers.Authorization = new("Bearer", "mine");

        Assert.That(await calling.PassAsync(calling.Calling.SendAsync(own)), Is.EqualTo(200), "the one probe is not taken by who waits");

        held.Release();
        Assert.That(await calling.PassAsync(waiting), Is.EqualTo(200));
    }


    [Test]
    public async Task Drop_WhileATokenIsAskedFor_ItIsNotKeptAndWhoWaitsAsksAnew()
    {
        var held = new SyncPoint();
        await using var tokens = ScriptedServer.Start().InTurn(
            Tokens.Of("t1").After(held),
            Tokens.Of("t2"));
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);
        var cache = calling.State.Credential.Cache!;
        _ = cache.Refresh(calling.Clock.GetTimestamp(), calling.State.Credential.Counts);
        await held.ReachedAsync();
        var call = calling.GetAsync();

        cache.Drop();
        held.Release();

        Assert.That(await calling.PassAsync(call), Is.EqualTo(200));
        Assert.That(calling.Sent, Is.EqualTo(["Bearer t2"]));
    }


    [Test]
    public async Task Throttled_RetryAfter_IsWaitedFor()
    {
        await using var tokens = ScriptedServer.Start().InTurn(Tokens.Error(429, "slow_down", ("Retry-After", "120")), Tokens.Of("t1"));
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);

        var failure = await calling.FailureAsync();
        calling.Clock.Advance(TimeSpan.FromSeconds(118));
        await calling.FailureAsync();

        Assert.That(failure.RetryAfter!.Value.TotalSeconds, Is.InRange(119.9, 121), "and up to a second more, so that not all ask at the same moment");
        Assert.That(tokens.Requests, Is.EqualTo(1));
        calling.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
    }

    [Test]
    public async Task Redirect_OfTheTokenEndpoint_IsNotFollowed([Values(302, 307, 308)] int status)
    {
        await using var other = ScriptedServer.Start().Counting();
        await using var tokens = ScriptedServer.Start().Answers(status, "", ("Location", new Uri(other.Uri, "token").AbsoluteUri));
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens, static options => options.ClientCredentials.Method = ClientAuthenticationMethod.ClientSecretPost);

        Assert.That((int)(await calling.FailureAsync()).IssuerStatus!, Is.EqualTo(status));
        Assert.That(other.Connections, Is.Zero);
    }

    [Test]
    public async Task HugeBody_IsNotReadToItsEnd()
    {
        await using var tokens = ScriptedServer.Start().OnRequest(static async (_, connection) =>
        {
            await connection.SendChunkedHeadAsync(200);
            for (var i = 0; i < 10_000; i++)
            {
                await connection.SendChunkAsync(new byte[64 * 1024]);
            }
        });
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);

        Assert.That(await calling.FailureAsync(), Has.Message.Contains(nameof(HttpRequestException)).Or.Message.Contains("IOException"));
    }

    [Test]
    public async Task Token_WithALineBreak_IsRefusedAndNotTold()
    {
        await using var tokens = ScriptedServer.Start().Answers(Tokens.Of(CredentialCalling.Secret + "\r\nX: y"));
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);

        Assert.That((await calling.FailureAsync()).ToString(), Does.Contain("signs that may not stand in a header").And.Not.Contain(CredentialCalling.Secret));
        Assert.That(server.Requests, Is.Zero);
    }

    [Test]
    public async Task FirstRequest_Fails_IsTriedAgainAtOnce()
    {
        await using var tokens = ScriptedServer.Start().InTurn(Answer.Close, Answer.With(503), Tokens.Of("t1"));
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, tokens);

        Assert.That(await calling.StatusAsync(), Is.EqualTo(200));
        Assert.That(calling.Snapshot.Failed, Is.Zero);
        Assert.That(calling.Calling.Logs.Named("WillRetry").Select(static entry => entry.Message), Is.Not.Empty.And.All.Contains("'ambassador.token'"));
        Assert.That(calling.Calling.Logs.Named("AnyHostIsCalled"), Is.Empty, "the endpoint's is the only one");
    }

    [Test]
    public async Task NobodyListens_CallsFail()
    {
        var gone = ScriptedServer.Start();
        await gone.DisposeAsync();
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new CredentialCalling(server, gone);

        Assert.That(await calling.FailureAsync(), Has.Message.Contains("ConnectionError").And.Property("IssuerStatus").Null);
    }

    [Test]
    public void RefreshAhead_TenThousandTokens_IsFiveMinutesGiveOrTakeATenth()
    {
        var sent = new List<double>();
        var options = new AmbassadorAuthenticationOptions();
        var clock = new TestClock();
        for (var i = 0; i < 10_000; i++)
        {
            var cached = CachedCredential.Of(AmbassadorCredential.Bearer("x", TimeSpan.FromHours(1)), 0, isRenewal: false, options, clock);
            sent.Add(clock.GetElapsedTime(cached.RefreshAt, cached.EndsAt).TotalSeconds);
        }

        Assert.That(sent, Has.All.InRange(269.9, 330.1));
        Assert.That(sent.Average(), Is.EqualTo(300).Within(1));
        Assert.That(sent.Distinct().Count(), Is.GreaterThan(1000));
    }
}
