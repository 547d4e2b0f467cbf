using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>What comes in the way of another attempt: what the caller gets then, and that no token of the budget is lost.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RetryObstacleTests
{
    [TestCase(true, typeof(AmbassadorAuthenticationException))]
    [TestCase(false, typeof(HttpRequestException))]
    public async Task Credential_IsMissing_IsToldWhereThereIsNothingElse(bool isResponse, Type expected)
    {
        await using var calling = WithCredential(static _ => Task.FromException<AmbassadorCredential>(new InvalidOperationException("there is none")));
        FailsLate(calling, isResponse);

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf(expected));
        Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(20));
    }

    [Test]
    public async Task Credential_CallerLeavesWhileItIsWaitedFor_IsACancellation()
    {
        var waiting = new SyncPoint();
        await using var calling = WithCredential(async _ =>
        {
            await waiting.PassAsync(CancellationToken.None);
            return AmbassadorCredential.Bearer("t2", TimeSpan.FromHours(1));
        });
        FailsLate(calling, isResponse: false);
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await waiting.ReachedAsync();

        await caller.CancelAsync();

        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That((calling.Snapshot.Cancelled, calling.Snapshot.BudgetLeft), Is.EqualTo((1L, 20.0)));
        waiting.Release();
    }

    [Test]
    public async Task Timer_IsLateAndTheResponseIsGone_IsTheTimeout()
    {
        await using var calling = new Calling(KeepBudget);
        calling.Server.Then(static () => ScriptedHandler.LongResponse(503, retryAfter: "5"));
        var call = calling.GetAsync();
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(9));

        Assert.That(await call.FailureAsync(), Is.TypeOf<TaskCanceledException>().With.Message.EndWith("after 1 attempt; the last outcome was 503."));
        Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(20), "what was taken for the retry came back");
    }

    [Test]
    public async Task Circuit_OpensInTheBackOff_IsWhatWasInTheWay()
    {
        await using var calling = new Calling(KeepBudget);
        calling.Server.Then(503, retryAfter: "5");
        var call = calling.GetAsync();
        var wait = await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));
        calling.State.Endpoints.Balancer.ForceOpen();

        await calling.Clock.AdvanceAsync(wait);

        using var response = await call.InTime();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(calling.Snapshot.RetriesSkipped["circuit"], Is.EqualTo(1));
    }

    [Test]
    public async Task Drain_WhileAnAttemptIsUnderWay_IsItsLast()
    {
        await using var calling = new Calling(static options => options.Retry.Delay = TimeSpan.Zero);
        calling.Server.Then(() =>
        {
            calling.State.IsDrained = true;
            return ScriptedHandler.Response(503);
        });

        using var response = await calling.GetAsync().InTime();

        Assert.That((calling.Server.Requests.Count, calling.Snapshot.RetriesSkipped["drained"]), Is.EqualTo((1, 1L)));
    }

    [TestCase("10", 2, null)]
    [TestCase("11", 1, "retryafter")]
    public async Task RetryAfter_IsAsLongAsIsBelieved_IsHeeded(string retryAfter, int requests, string? skipped)
    {
        await using var calling = new Calling(static options => (options.Retry.MaxRetryAfter, options.Retry.RetryAfterJitter) = (TimeSpan.FromSeconds(10), 0));

        await AssertRequestsAsync(calling, retryAfter, requests, skipped);
    }

    [TestCase("9", 2, null)]
    [TestCase("10", 1, "deadline")]
    public async Task RetryAfter_LeavesAnAttemptItsLeastTime_IsHeeded(string retryAfter, int requests, string? skipped)
    {
        await using var calling = new Calling(static options =>
        {
            (options.Timeout, options.MinAttemptTime) = (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1));
            (options.Retry.ThrottledDelay, options.Retry.RetryAfterJitter) = (TimeSpan.Zero, 0);
        });

        await AssertRequestsAsync(calling, retryAfter, requests, skipped);
    }

    [Test]
    public async Task RetryAfter_ThereIsAnotherEndpoint_IsHeededAllTheSame()
    {
        await using var calling = new Calling(static options =>
        {
            options.Endpoints.Add(new AmbassadorEndpoint("http://server-0.test/"));
            options.Endpoints.Add(new AmbassadorEndpoint("http://server-1.test/"));
        });
        calling.Server.Then(503, retryAfter: "5").Then(200);
        var call = calling.GetAsync();

        var wait = await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));

        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1), "what was sent is not sent elsewhere at once");
        await calling.Clock.AdvanceAsync(wait);
        (await call.InTime()).Dispose();
    }

    [Test]
    public async Task Responses_OfFailures_AreDisposedOfOnceThereIsABetterOne()
    {
        await using var calling = new Calling(static options => options.Retry.Delay = TimeSpan.Zero);
        using var first = new TrackedResponse(HttpStatusCode.InternalServerError);
        using var second = new TrackedResponse(HttpStatusCode.InternalServerError);
        calling.Server.Then(() => first).Then(() => second).Then(200);

        using var response = await calling.GetAsync().InTime();

        Assert.That((response.StatusCode, first.IsDisposed, second.IsDisposed), Is.EqualTo((HttpStatusCode.OK, true, true)));
    }

    private static async Task AssertRequestsAsync(Calling calling, string retryAfter, int requests, string? skipped)
    {
        calling.Server.Then(503, retryAfter: retryAfter).Then(200);

        var call = calling.GetAsync();
        using var response = await (skipped is null ? calling.PassAsync(call) : call.InTime()); // What is not waited for is returned at once.

        Assert.That(calling.Server.Requests, Has.Count.EqualTo(requests));
        Assert.That(skipped is null ? calling.Snapshot.RetriesSkipped.Values.Sum() : calling.Snapshot.RetriesSkipped[skipped] - 1, Is.Zero);
    }

    private static void KeepBudget(AmbassadorOptions options) => (options.RetryBudget.DepositPerCall, options.RetryBudget.DepositPerSecond) = (0, 0);

    /// <summary>The first credential lasts for ten seconds.</summary>
    private static Calling WithCredential(Func<CancellationToken, Task<AmbassadorCredential>> second) => new(options =>
    {
        KeepBudget(options);
        (options.AttemptTimeout, options.Timeout, options.Retry.Delay) = (TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.Zero);
        options.Authentication.AllowInsecureCredentials = true;
        options.UseCredential(new ProviderInTurn(static _ => Task.FromResult(AmbassadorCredential.Bearer("t1", TimeSpan.FromSeconds(10))), second));
    });

    /// <summary>The attempt fails when its credential has ended.</summary>
    private static void FailsLate(Calling calling, bool isResponse) => calling.Server.Then((_, _) =>
    {
        calling.Clock.Advance(TimeSpan.FromSeconds(15));
        return isResponse
            ? Task.FromResult(ScriptedHandler.LongResponse(500))
            : Task.FromException<HttpResponseMessage>(new HttpRequestException(HttpRequestError.ResponseEnded, "cut off"));
    });
}
