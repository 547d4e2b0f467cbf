using System.Net;

namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class AmbassadorHandlerTests
{
    [Test]
    public async Task Send_GoodAnswer_IsReturnedAndCounted()
    {
        await using var calling = new Calling();
        calling.Server.Then(200, "hello");

        using var response = await calling.GetAsync().InTime();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("hello"));
        Assert.That(calling.Snapshot, Has.Property(nameof(AmbassadorSnapshot.Succeeded)).EqualTo(1));
    }

    [Test]
    public async Task Send_FailsTwice_IsTriedAgainAndTheLastAnswerIsReturned()
    {
        await using var calling = new Calling();
        calling.Server.Then(503).Throws(static () => new HttpRequestException(HttpRequestError.ConnectionError)).Then(200, "hello");

        using var response = await calling.PassAsync(calling.GetAsync());

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(3));
        Assert.That(calling.Logs.Named("SucceededAfterRetries"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Send_FailsAlways_LastResponseIsReturnedWithItsBody()
    {
        await using var calling = new Calling();
        calling.Server.Then(500, "one").Then(502, "two").Then(503, "three");

        using var response = await calling.PassAsync(calling.GetAsync());

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("three"));
        Assert.That(calling.Snapshot.Failed, Is.EqualTo(1));
        Assert.That(calling.Snapshot.RetriesSkipped["attempts"], Is.EqualTo(1));
    }

    [Test]
    public async Task Send_PostFails_IsSentOnce()
    {
        await using var calling = new Calling();
        calling.Server.Then(500, "no");

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("order")).InTime();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));
        Assert.That(calling.Snapshot.RetriesSkipped["method"], Is.EqualTo(1));
    }

    [Test]
    public async Task Send_PostNeverLeft_IsTriedAgain()
    {
        await using var calling = new Calling();
        calling.Server.Throws(static () => new HttpRequestException(HttpRequestError.ConnectionError)).Then(201);

        using var response = await calling.PassAsync(calling.SendAsync(HttpMethod.Post, new StringContent("order")));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(calling.Server.Requests.Select(static request => request.Body), Is.EqualTo(["order", "order"]));
    }

    [Test]
    public async Task Send_AttemptHangs_IsEndedAndTriedAgain()
    {
        await using var calling = new Calling();
        calling.Server.Hangs().Then(200);
        var from = calling.Clock.GetUtcNow();

        using var response = await calling.PassAsync(calling.GetAsync());

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Clock.GetUtcNow() - from, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public async Task Send_PostHangs_HasTheWholeTimeAndFailsWithATimeout()
    {
        await using var calling = new Calling();
        calling.Server.Hangs();
        var from = calling.Clock.GetUtcNow();

        var failure = await calling.PassToFailureAsync(calling.SendAsync(HttpMethod.Post, new StringContent("order")));

        Assert.That(calling.Clock.GetUtcNow() - from, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(30)));
        Assert.That(
            failure,
            Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>()
                .And.Message.EqualTo("Ambassador 'ambassador' had no response within Timeout (00:00:30), after 1 attempt."));
        Assert.That(((TaskCanceledException)failure!).CancellationToken, Is.EqualTo(CancellationToken.None));
        Assert.That(calling.Snapshot.Failed, Is.EqualTo(1));
    }

    [Test]
    public async Task Send_CallerCancels_IsToldByItsOwnTokenAndCountsForNobody([Values] bool inBackOff)
    {
        await using var calling = new Calling();
        _ = inBackOff ? calling.Server.Then(503, retryAfter: "5") : calling.Server.Hangs();
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 1);

        await caller.CancelAsync();

        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
        Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(1));
        Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(20), "what was taken for the retry came back");
    }

    [Test]
    public async Task Send_HalfOfTwentyFail_CircuitOpensAndRefusesWithoutSending()
    {
        await using var calling = new Calling(static options => options.Retry.MaxAttempts = 1);
        for (var i = 0; i < 10; i++)
        {
            calling.Server.Then(200).Then(500);
        }

        for (var i = 0; i < 20; i++)
        {
            (await calling.GetAsync().InTime()).Dispose();
        }

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<AmbassadorCircuitOpenException>().With.Property("RetryAfter").Not.Null);
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Open));
        Assert.That(calling.Snapshot.Refused, Is.EqualTo(1));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(20));
    }

    [Test]
    public async Task Send_Synchronously_IsTriedAgainToo()
    {
        await using var calling = new Calling(static options => options.Retry.Delay = TimeSpan.Zero);
        calling.Server.Then(503).Then(200, "hello");

        using var response = calling.Client.Send(new HttpRequestMessage(HttpMethod.Get, new Uri("items", UriKind.Relative)));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Send_HandlerIgnoresItsCancellation_CallEndsWithinTheGraceAndIsNotRetried()
    {
        await using var calling = new Calling(static options => options.CancellationGrace = TimeSpan.FromSeconds(1));
        var held = new SyncPoint();
        calling.Server.Then(async (_, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            return ScriptedHandler.Response(200);
        });
        var from = calling.Clock.GetUtcNow();

        var failure = await calling.PassToFailureAsync(calling.GetAsync());

        Assert.That(failure, Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
        Assert.That(calling.Clock.GetUtcNow() - from, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(11)));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));
        Assert.That(calling.Logs.Named("AttemptGivenUp"), Has.Count.EqualTo(1));
        held.Release();
    }

    [Test]
    public async Task Send_RetryAfter_IsObeyedToTheMillisecond()
    {
        await using var calling = new Calling();
        calling.Server.Then(429, retryAfter: "1").Then(200);
        var call = calling.GetAsync();
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.1));
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));

        using var response = await calling.PassAsync(call);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Send_RetryAfterBeyondTheDeadline_ResponseIsReturnedAtOnce()
    {
        await using var calling = new Calling();
        calling.Server.Then(429, "slow down", retryAfter: "60");

        using var response = await calling.GetAsync().InTime();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("slow down"));
        Assert.That(calling.Snapshot.RetriesSkipped["deadline"], Is.EqualTo(1));
    }
}
