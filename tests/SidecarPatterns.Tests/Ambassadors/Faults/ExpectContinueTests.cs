using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Requests that ask before they send their body.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ExpectContinueTests
{
    private const int Large = 200_000;

    [TestCase(417)]
    [TestCase(401)]
    public async Task FinalAnswer_InsteadOfContinue_IsReturnedAndTheBodyIsNotTouched(int status)
    {
        await using var server = ScriptedServer.Start().OnHead((_, connection) => RefuseAsync(connection, status));
        await using var calling = new FaultCalling(server);
        using var stream = new OneWayStream(new MemoryStream(new byte[Large]));

        using var response = await calling.SendAsync(Asking(calling, stream));

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That((stream.Reads, server.Served.Single().BodyLength), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Unavailable_InsteadOfContinue_BodyCanBeSentAfterAll()
    {
        await using var server = ScriptedServer.Start().InTurn(
            new Answer(static (_, connection) => RefuseAsync(connection, 503), Answer.OnlyHttp1), Answer.With(200));
        await using var calling = new FaultCalling(server);
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(Large)));

        using var response = await calling.SendAsync(Asking(calling, stream));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Served[1].Body, Is.EqualTo(Bodies.OfLength(Large)));
    }

    [Test]
    public async Task NoAnswer_InTime_BodyIsSentAllTheSame()
    {
        await using var server = ScriptedServer.Start().OnHead(static async (_, connection) =>
        {
            await connection.ReadBodyAsync();
            await connection.RespondAsync(200);
        });
        await using var calling = new FaultCalling(
            server, static options => options.Network.Expect100ContinueTimeout = TimeSpan.FromMilliseconds(50)); // Real time.
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(Large)));

        using var response = await calling.SendAsync(Asking(calling, stream));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Served.Single().Body, Is.EqualTo(Bodies.OfLength(Large)));
    }

    [Test]
    public async Task Continue_Comes_BodyIsSent([Values] bool isHttp2)
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, static options => options.Network.Expect100ContinueTimeout = TimeSpan.FromMinutes(1));
        _ = isHttp2 ? calling.OverHttp2() : calling;
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(Large)));

        using var response = await calling.SendAsync(Asking(calling, stream));

        Assert.That(server.Served.Single().Body, Is.EqualTo(Bodies.OfLength(Large)));
    }

    private static HttpRequestMessage Asking(FaultCalling calling, Stream body)
    {
        var request = calling.Request(HttpMethod.Put, new StreamContent(body));
        request.Headers.ExpectContinue = true;
        return request;
    }

    private static async Task RefuseAsync(ScriptedConnection connection, int status)
    {
        await connection.RespondAsync(status, "", ("Connection", "close"));
        await connection.CloseAsync();
    }
}
