using System.Net;
using System.Net.Security;

namespace SidecarPatterns.Tests;

/// <summary>What a server can say over HTTP/2 beside a response.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class Http2FaultTests
{
    [Test]
    public async Task Unavailable_ThenGood_PutIsSentAgain([Values] bool isTls)
    {
        await using var server = (isTls ? ScriptedServer.StartTls(TestCertificates.Localhost, SslApplicationProtocol.Http2) : ScriptedServer.Start())
            .InTurn(Answer.With(503, "busy"), Answer.With(200, "good"));
        await using var calling = new FaultCalling(server).OverHttp2();

        using var response = await calling.SendAsync(HttpMethod.Put, new ByteArrayContent(Bodies.OfLength(300_000)));

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("good"));
        Assert.That(response.Version, Is.EqualTo(HttpVersion.Version20));
        Assert.That(server.Served.Select(static request => request.Body), Is.All.EqualTo(Bodies.OfLength(300_000)));
        Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 2)));
    }

    [Test]
    public async Task RefusedStream_Once_PostIsReplayedByTheNetwork()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.ResetStream(Http2ErrorCode.RefusedStream), Answer.With(201));
        await using var calling = new FaultCalling(server) { HiddenResends = 1 }.OverHttp2();

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("order"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(server.Served.Select(static request => request.BodyText), Is.EqualTo(["order", "order"]));
    }

    [Test]
    public async Task RefusedStream_Always_IsUnsentEvenForAPost()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.ResetStream(Http2ErrorCode.RefusedStream));
        await using var calling = new FaultCalling(server) { HiddenResends = 9 }.OverHttp2();

        var failure = await calling.SendAsync(HttpMethod.Post, new StringContent("order")).FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>());
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unsent], Is.EqualTo(3));
        Assert.That(server.Requests, Is.EqualTo(12));
    }

    [Test]
    public async Task GoAway_ThenANewConnection_PostIsReplayed()
    {
        await using var server = ScriptedServer.Start().Connection(GoAwayAsync).Answers(201);
        await using var calling = new FaultCalling(server) { HiddenResends = 1 }.OverHttp2();

        using var response = await calling.SendAsync(HttpMethod.Post, new StringContent("order"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((server.Connections, server.Served[^1].BodyText), Is.EqualTo((2, "order")));
    }

    [Test]
    public async Task GoAway_BetweenTwoStreams_TheFirstIsAnsweredAndTheSecondReplayed()
    {
        await using var server = ScriptedServer.Start().Connection(static async connection =>
        {
            var http2 = await connection.StartHttp2Async();
            var first = await http2.NextRequestAsync();
            await http2.NextRequestAsync();
            await http2.GoAwayAsync(first.Id, Http2ErrorCode.NoError);
            await first.RespondAsync(201, "here");
            await http2.WhenClientEndedAsync();
        }).Answers(201, "elsewhere");
        await using var calling = new FaultCalling(server) { HiddenResends = 1 }.OverHttp2();

        var first = calling.SendAsync(HttpMethod.Post, new ByteArrayContent("one"u8.ToArray()));
        await server.WhenRequestedAsync(1);
        using var second = await calling.SendAsync(HttpMethod.Post, new ByteArrayContent("two"u8.ToArray()));

        Assert.That(await (await first).Content.ReadAsStringAsync(), Is.EqualTo("here"));
        Assert.That(await second.Content.ReadAsStringAsync(), Is.EqualTo("elsewhere"));
        Assert.That(server.Connections, Is.EqualTo(2));
        Assert.That(server.Served.Select(static request => request.BodyText), Is.EqualTo(["one", "two", "two"]));
        Assert.That(calling.Snapshot.Attempts.Values.Sum(), Is.EqualTo(2), "the network alone has sent it again");
    }

    [Test]
    public async Task GoAway_Always_GetIsTriedAgainAndAPostOnlyByTheNetwork([Values("GET", "POST")] string method, [Values] bool hasContent)
    {
        await using var server = ScriptedServer.Start().Connection(GoAwayAsync);
        var attempts = method == "GET" ? 3 : 1;
        await using var calling = new FaultCalling(server) { HiddenResends = 3 * attempts }.OverHttp2();

        var failure = await calling.SendAsync(HttpMethod.Parse(method), hasContent ? new StringContent("order") : null).FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>());

        // The network knows that the server has done nothing, and does not say so: NO_ERROR may have ended a stream of which it has.
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(attempts));
        Assert.That(server.Requests, Is.EqualTo(4 * attempts));
        Assert.That(server.Served.Select(static request => request.BodyText), Is.All.EqualTo(hasContent ? "order" : ""));
    }

    [Test]
    public async Task EnhanceYourCalm_Get_WaitsAsAfterAThrottle([Values] bool isGoAway)
    {
        await using var server = isGoAway
            ? ScriptedServer.Start().Connection(static async connection =>
            {
                var http2 = await connection.StartHttp2Async();
                var stream = await http2.NextRequestAsync();
                await http2.GoAwayAsync(stream.Id, Http2ErrorCode.EnhanceYourCalm);
                await connection.CloseAsync();
            }).Answers(200)
            : ScriptedServer.Start().InTurn(Answer.ResetStream(Http2ErrorCode.EnhanceYourCalm), Answer.With(200));
        await using var calling = new FaultCalling(server, static options =>
        {
            options.Retry.ThrottledDelay = TimeSpan.FromSeconds(1);
            options.CircuitBreaker.MinimumAttempts = 1;
        }).OverHttp2();
        var call = calling.GetAsync();
        await calling.PassDelayAsync(TimeSpan.FromSeconds(1));

        using var response = await call;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Throttled], Is.EqualTo(1));
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed), "it is not the endpoint's failure");
    }

    [Test]
    public async Task ResetStream_WithinTheBody_IsTriedAgain()
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.OfStream(static async stream =>
            {
                await stream.SendHeadAsync(200, ("content-length", "100"));
                await stream.SendDataAsync("half");
                await stream.ResetAsync(Http2ErrorCode.InternalError);
            }),
            Answer.With(200, "whole"));
        await using var calling = new FaultCalling(server).OverHttp2();

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("whole"));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    [Test]
    public async Task CallerCancels_StreamIsResetAndTheConnectionStays()
    {
        var reset = new SyncPoint();
        reset.Release();
        await using var server = ScriptedServer.Start().InTurn(
            Answer.OfStream(async stream =>
            {
                Assert.That(await stream.WhenResetAsync(), Is.EqualTo(Http2ErrorCode.Cancel));
                await reset.PassAsync();
            }),
            Answer.With(200));
        await using var calling = new FaultCalling(server).OverHttp2();
        using var caller = new CancellationTokenSource();
        var call = calling.InvokeAsync(HttpMethod.Get, ct: caller.Token);
        await server.WhenRequestedAsync(1);

        await caller.CancelAsync();

        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
        await reset.ReachedAsync();
        (await calling.GetAsync()).Dispose();
        Assert.That(server.Connections, Is.EqualTo(1));
    }

    [Test]
    public async Task ServerOfHttp1_OrLower_RequestKeepsItsVersion()
    {
        await using var server = ScriptedServer.StartTls(TestCertificates.Localhost).InTurn(Answer.With(503), Answer.With(200));
        await using var calling = new FaultCalling(server).OverHttp2();
        using var request = calling.Request(HttpMethod.Put, new StringContent("order"));
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;

        using var response = await calling.SendAsync(request);

        Assert.That((response.StatusCode, response.Version), Is.EqualTo((HttpStatusCode.OK, HttpVersion.Version11)));
        Assert.That(request.Version, Is.EqualTo(HttpVersion.Version20));
        Assert.That(server.Requests, Is.EqualTo(2));
    }

    private static async Task GoAwayAsync(ScriptedConnection connection)
    {
        var http2 = await connection.StartHttp2Async();
        await http2.NextRequestAsync();
        await http2.GoAwayAsync(lastStreamId: 0, Http2ErrorCode.NoError);
        await http2.WhenClientEndedAsync();
    }
}
