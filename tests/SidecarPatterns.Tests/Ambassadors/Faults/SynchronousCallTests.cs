using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Calls that block their thread.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SynchronousCallTests
{
    [Test]
    public async Task Send_Unavailable_IsTriedAgain()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503, "busy"), Answer.With(200, "good"));
        await using var calling = new FaultCalling(server);

        using var response = await SendAsync(calling, HttpMethod.Put, new ByteArrayContent(Bodies.OfLength(100_000)));

        Assert.That(Read(response), Is.EqualTo("good"));
        Assert.That(server.Served.Select(static request => request.Body), Is.All.EqualTo(Bodies.OfLength(100_000)));
    }

    [Test]
    public async Task Send_StreamThatCannotSeek_IsSentOnce()
    {
        await using var server = ScriptedServer.Start().Answers(503, "busy");
        await using var calling = new FaultCalling(server);
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(100_000)));

        using var response = await SendAsync(calling, HttpMethod.Put, new StreamContent(stream));

        Assert.That(Read(response), Is.EqualTo("busy"));
        Assert.That(server.Served.Single().Body, Is.EqualTo(Bodies.OfLength(100_000)));
    }

    [Test]
    public async Task Send_BackOff_WaitsForIt()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(429, "", ("Retry-After", "1")), Answer.With(200));
        await using var calling = new FaultCalling(server);
        var call = SendAsync(calling, HttpMethod.Get);
        await calling.PassDelayAsync(TimeSpan.FromSeconds(1.1));

        using var response = await call;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Send_BodyIsCutOff_IsTriedAgain([Values] bool isChunked)
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.Of(async connection =>
            {
                await (isChunked ? connection.SendChunkedHeadAsync(200) : connection.SendHeadAsync(200, ("Content-Length", "100")));
                await connection.SendAsync(isChunked ? "5\r\nhel" : "hel");
                await connection.CloseAsync();
            }),
            Answer.With(200, "whole"));
        await using var calling = new FaultCalling(server);

        using var response = await SendAsync(calling, HttpMethod.Get);

        Assert.That(Read(response), Is.EqualTo("whole"));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    [Test]
    public async Task Send_BodyStalls_IsTriedAgain()
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.Of(static async connection =>
            {
                await connection.SendHeadAsync(200, ("Content-Length", "100"));
                await connection.StallAsync();
            }),
            Answer.With(200, "whole"));
        await using var calling = new FaultCalling(server);
        var call = SendAsync(calling, HttpMethod.Get);
        await calling.PassAttemptAsync(1);

        using var response = await call;

        Assert.That(Read(response), Is.EqualTo("whole"));
    }

    [Test]
    public async Task Send_CallerCancels_IsTold([Values] bool inBackOff)
    {
        await using var server = ScriptedServer.Start().Answers(inBackOff ? Answer.With(503, "", ("Retry-After", "5")) : Answer.Stall);
        await using var calling = new FaultCalling(server);
        using var caller = new CancellationTokenSource();
        var call = Task.Run(() => calling.Invoker.Send(calling.WholeRequest(HttpMethod.Get), caller.Token)).InTime();
        await server.WhenRequestedAsync(1);
        await (inBackOff ? calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6)) : Task.CompletedTask);

        await caller.CancelAsync();

        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
        Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(1));
    }

    [Test]
    public async Task Send_Redirect_IsFollowed()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(302, "", ("Location", "/there")), Answer.With(200, "there"));
        await using var calling = new FaultCalling(server);

        using var response = await SendAsync(calling, HttpMethod.Get);

        Assert.That(Read(response), Is.EqualTo("there"));
    }

    [Test]
    public async Task Send_LargeBody_IsHandedOverAndRead()
    {
        await using var server = ScriptedServer.Start().OnRequest(static (_, connection) => connection.RespondAsync(200, Bodies.OfLength(1_000_000)));
        await using var calling = new FaultCalling(server);

        using var response = await SendAsync(calling, HttpMethod.Get);

        using var body = new MemoryStream();
        response.Content.CopyTo(body, context: null, CancellationToken.None);
        Assert.That(body.ToArray(), Is.EqualTo(Bodies.OfLength(1_000_000)));
    }

    private static Task<HttpResponseMessage> SendAsync(FaultCalling calling, HttpMethod method, HttpContent? content = null) =>
        Task.Run(() => calling.Client.Send(calling.Request(method, content))).InTime();

    private static string Read(HttpResponseMessage response)
    {
        using var reader = new StreamReader(response.Content.ReadAsStream());
        return reader.ReadToEnd();
    }
}
