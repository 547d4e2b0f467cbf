using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Responses that say that the server could not do it, and what the request has to be for another attempt.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class FailedResponseTests
{
    private const int Large = 200_000;
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    public async Task Unavailable_ThreeTimes_LastIsReturnedWithItsBody()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503, "one"), Answer.With(503, "two"), Answer.With(503, "three"));
        await using var calling = new FaultCalling(server);

        using var response = await calling.GetAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("three"));
        Assert.That(server.Requests, Is.EqualTo(3));
    }

    [Test]
    public async Task Unavailable_ThenGood_TheConnectionIsFreeDuringTheDelay()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503, "busy"), Answer.With(200, "good"));
        await using var calling = new FaultCalling(server, static options => options.Retry.Delay = TimeSpan.FromSeconds(1));
        var call = calling.GetAsync();
        await calling.PassDelayAsync(TimeSpan.FromSeconds(1));

        using var response = await call;

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("good"));
        Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 2)));
    }

    [Test]
    public async Task Unavailable_BodyTooLongToBeKept_IsDisposedOfBeforeTheDelay()
    {
        var let = new SyncPoint();
        await using var server = ScriptedServer.Start().InTurn(
            Answer.Of(async connection =>
            {
                await connection.SendHeadAsync(503, ("Content-Length", "10000000"));
                await connection.SendAsync(new byte[1000]);
                await connection.WhenClientEndedAsync();
                let.Release();
            }),
            Answer.With(200));
        await using var calling = new FaultCalling(server, static options => options.Retry.Delay = TimeSpan.FromSeconds(1));
        var call = calling.GetAsync();

        await let.PassAsync(); // The clock stands still, and so the delay is not over.
        await calling.PassDelayAsync(TimeSpan.FromSeconds(1));

        using var response = await call;
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Unavailable_PutOfALongStreamThatCannotSeek_IsReturnedAtOnce()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503, "busy"), Answer.With(200));
        await using var calling = new FaultCalling(server, static options => options.Retry.Delay = TimeSpan.FromSeconds(5));
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(Large)));

        using var response = await calling.SendAsync(HttpMethod.Put, new StreamContent(stream));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("busy"));
        Assert.That(calling.Snapshot.RetriesSkipped["body"], Is.EqualTo(1));
        Assert.That(server.Served.Single().Body, Is.EqualTo(Bodies.OfLength(Large)));
    }

    [Test]
    public async Task Unavailable_PutOfAShortStreamThatCannotSeek_IsKeptAndSentAgain()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503), Answer.With(200));
        await using var calling = new FaultCalling(server);
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(1000)));
        using var content = new StreamContent(stream) { Headers = { ContentLength = 1000 } };

        using var response = await calling.SendAsync(HttpMethod.Put, content);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Served.Select(static request => request.Body), Is.All.EqualTo(Bodies.OfLength(1000)));
    }

    [Test]
    public async Task Unavailable_PutOfAFile_SendsTheSameBytesAgain([Values] bool isHttp2)
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503), Answer.With(200));
        await using var calling = new FaultCalling(server);
        _ = isHttp2 ? calling.OverHttp2() : calling;
        await using var file = new FileStream(
            Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 4096, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await file.WriteAsync(Bodies.OfLength(Large));
        file.Position = 100; // What is before is not of the content.

        using var response = await calling.SendAsync(HttpMethod.Put, new StreamContent(file));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Served.Select(static request => request.Body), Is.All.EqualTo(Bodies.OfLength(Large)[100..]));
    }

    [Test]
    public async Task Failed_Post_IsSentOnce()
    {
        await using var server = ScriptedServer.Start().Answers(500, "no");
        await using var calling = new FaultCalling(server);

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("order"));

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("no"));
        Assert.That(server.Requests, Is.EqualTo(1));
        Assert.That(calling.Snapshot.RetriesSkipped["method"], Is.EqualTo(1));
    }

    [Test]
    public async Task Failed_PostWithKey_IsTriedAgainWhileItIsStillInProgress()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(500), Answer.With(409), Answer.With(201));
        await using var calling = new FaultCalling(server, static options => options.Retry.AddIdempotencyKey = true);
        using var request = calling.Request(HttpMethod.Post, new StringContent("order"));

        using var response = await calling.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(server.Served.Select(static request => request.BodyText), Is.EqualTo(["order", "order", "order"]));
        Assert.That(server.Served.Select(static request => request.Header("Idempotency-Key")).Distinct().Single(), Does.Match("^\"[0-9a-f-]{36}\"$"));
        Assert.That(request.Headers.Contains("Idempotency-Key"), Is.False, "the message is the caller's again");
        Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(19).Within(0.2), "only what succeeded in the end gives its token back");
    }

    [TestCase(422)]
    [TestCase(400)]
    public async Task Failed_PostWithKey_AnswersAreReturned(int status)
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(500), Answer.With(status));
        await using var calling = new FaultCalling(server, static options => options.Retry.AddIdempotencyKey = true);

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("order"));

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(server.Requests, Is.EqualTo(2));
    }

    [TestCase(true, 3)]
    [TestCase(false, 1)]
    public async Task Failed_PostWithKeyOfTheCallers_IsTriedAgainWithThatAndNoOther(bool hasKey, int expected)
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(500), Answer.With(409), Answer.With(201));
        await using var calling = new FaultCalling(server);
        using var request = calling.Request(HttpMethod.Post, new StringContent("order"));
        if (hasKey)
        {
            request.Headers.Add("Idempotency-Key", "\"mine\"");
        }

        using var response = await calling.SendAsync(request);

        Assert.That(server.Served.Select(static request => request.Header("Idempotency-Key")), Is.EqualTo(Enumerable.Repeat(hasKey ? "\"mine\"" : null, expected)));
        Assert.That((int)response.StatusCode, Is.EqualTo(hasKey ? 201 : 500));
    }

    [Test]
    public async Task Conflict_GoesOn_IsReturnedWithTheLastAttempt()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(500), Answer.With(409), Answer.With(409, "still"));
        await using var calling = new FaultCalling(server, static options => options.Retry.AddIdempotencyKey = true);

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("order"));

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("still"));
        Assert.That(server.Requests, Is.EqualTo(3));
    }

    [Test]
    public async Task Conflict_AtFirst_IsAnAnswer()
    {
        await using var server = ScriptedServer.Start().Answers(409);
        await using var calling = new FaultCalling(server, static options => options.Retry.AddIdempotencyKey = true);

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("order"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task TooMany_RetryAfterOneSecond_IsSentAgainAfterItAndNeverBefore()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(429, "", ("Retry-After", "1")), Answer.With(200));
        await using var calling = new FaultCalling(server);
        var call = calling.GetAsync();
        var due = await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.1));

        await calling.Clock.AdvanceAsync(due - Tick);
        Assert.That(calling.Clock.Armed, Is.EqualTo(new[] { Tick }));
        Assert.That(server.Requests, Is.EqualTo(1));
        await calling.Clock.AdvanceAsync(Tick);

        using var response = await call;
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task TooMany_RetryAfterADate_IsMeasuredAgainstTheServersClock()
    {
        var now = new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero); // Not that of the test.
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(429, "", ("Date", now.ToString("R")), ("Retry-After", now.AddSeconds(2).ToString("R"))), Answer.With(200));
        await using var calling = new FaultCalling(server);
        var call = calling.GetAsync();
        await calling.Clock.AdvanceAsync(await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.2)));

        using var response = await call;
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("60")]
    [TestCase("31536000000")]
    public async Task TooMany_RetryAfterBeyondTheDeadline_IsReturnedAtOnce(string retryAfter)
    {
        await using var server = ScriptedServer.Start().Answers(429, "slow down", ("Retry-After", retryAfter));
        await using var calling = new FaultCalling(server);

        using var response = await calling.GetAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("slow down"));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task TooMany_Post_IsSentAgainOnlyWhereTheOptionSaysSo([Values] bool isAllowed)
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(429), Answer.With(201));
        await using var calling = new FaultCalling(server, options => options.Retry.RetryThrottledUnsafeMethods = isAllowed);

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("order"));

        Assert.That(response.StatusCode, Is.EqualTo(isAllowed ? HttpStatusCode.Created : HttpStatusCode.TooManyRequests));
        Assert.That(server.Requests, Is.EqualTo(isAllowed ? 2 : 1));
    }

    [Test]
    public async Task Unavailable_DelayLongerThanTheWholeTime_IsReturnedAtOnce()
    {
        await using var server = ScriptedServer.Start().Answers(503, "busy", ("Retry-After", "1"));
        await using var calling = new FaultCalling(server, static options => options.Timeout = TimeSpan.FromMilliseconds(100));

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("busy"));
        Assert.That(calling.Snapshot.RetriesSkipped["deadline"], Is.EqualTo(1));
    }
}
