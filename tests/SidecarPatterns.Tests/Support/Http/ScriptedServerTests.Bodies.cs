using System.Net;
using System.Net.Sockets;

namespace SidecarPatterns.Tests;

/// <summary>Bodies over HTTP/1.1: whole and in part, counted and in chunks, asked for and not.</summary>
internal sealed partial class ScriptedServerTests
{
    private const int Large = 10 * 1024 * 1024;

    [Test]
    public async Task ReadRequest_LargeBody_HasEveryByte([Values] bool isChunked)
    {
        var body = new byte[Large];
        new Random(1).NextBytes(body);
        await using var server = ScriptedServer.Start().Answers(200);
        using var client = new HttpClient();

        using var response = await SendAsync(client, server, body, isChunked);

        var served = server.Served.Single();
        Assert.That(served.Header("Transfer-Encoding"), Is.EqualTo(isChunked ? "chunked" : null));
        Assert.That(served.IsComplete, Is.True);
        Assert.That(served.Body.AsSpan().SequenceEqual(body), Is.True);
    }

    [Test]
    public async Task ReadBody_InPieces_IsOneBody([Values] bool isChunked)
    {
        var lengths = new List<long>();
        await using var server = ScriptedServer.Start().OnHead(async (request, connection) =>
        {
            for (var piece = 1; piece <= 3; piece++)
            {
                await connection.ReadBodyAsync(atMost: 4);
                lengths.Add(request.BodyLength);
            }

            await connection.RespondAsync(200);
        });
        using var client = new HttpClient();

        using var first = await SendAsync(client, server, "0123456789"u8.ToArray(), isChunked);
        using var second = await SendAsync(client, server, "0123456789"u8.ToArray(), isChunked);

        Assert.That(lengths, Is.EqualTo(new[] { 4, 8, 10, 4, 8, 10 }));
        Assert.That(server.Served.Select(static request => request.BodyText), Is.All.EqualTo("0123456789"));
        Assert.That(server.Connections, Is.EqualTo(1));
    }

    [Test]
    public async Task OnHead_AnswersBeforeTheBody_ReadsTheRestForTheNextRequest()
    {
        await using var server = ScriptedServer.Start().OnHead(static (_, connection) => connection.RespondAsync(200));
        using var client = new HttpClient();

        using var first = await SendAsync(client, server, new byte[1000], isChunked: false);
        using var second = await SendAsync(client, server, new byte[1000], isChunked: false);

        Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 2)));
    }

    [Test]
    public async Task SendChunk_PieceByPiece_IsReadAsItComes()
    {
        var seen = new SyncPoint();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await connection.SendChunkedHeadAsync(200);
            await connection.SendChunkAsync("first ");
            await connection.StallAsync(seen);
            await connection.SendChunkAsync("second");
            await connection.SendLastChunkAsync();
        });
        using var client = new HttpClient();
        using var response = await client.GetAsync(server.Uri, HttpCompletionOption.ResponseHeadersRead).InTime();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var piece = new char[6];

        await reader.ReadBlockAsync(piece).AsTask().InTime();
        Assert.That(new string(piece), Is.EqualTo("first "));
        seen.Release();

        Assert.That(await reader.ReadToEndAsync().InTime(), Is.EqualTo("second"));
    }

    [Test]
    public async Task ReadRequest_ClientWaitsToBeAsked_IsAsked()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        using var client = Patient();

        using var response = await SendAsync(client, server, "asked"u8.ToArray(), isChunked: false, expectContinue: true);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Served.Single().BodyText, Is.EqualTo("asked"));
    }

    [Test]
    public async Task ReadHead_ClientWaitsToBeAsked_SendsNoBodyBefore()
    {
        await using var server = ScriptedServer.Start().Connection(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.RespondAsync(417, "not wanted");
            await connection.WhenClientEndedAsync();
        });
        using var client = Patient();

        using var response = await SendAsync(client, server, "never sent"u8.ToArray(), isChunked: false, expectContinue: true);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ExpectationFailed));
        Assert.That(server.Served.Single().Body, Is.Empty);
    }

    [Test]
    public async Task Reset_HalfWayInTheBody_BreaksTheUpload()
    {
        await using var server = ScriptedServer.Start().Connection(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.ReadBodyAsync(atMost: 100_000);
            connection.Reset();
        });
        using var client = new HttpClient();

        var failure = await SendAsync(client, server, new byte[Large], isChunked: false).FailureAsync();

        Assert.That(Root(failure), Is.InstanceOf<SocketException>().With.Property("SocketErrorCode")
            .AnyOf(SocketError.ConnectionReset, SocketError.Shutdown));
        Assert.That((server.Served.Single().BodyLength, server.Served.Single().IsComplete), Is.EqualTo((100_000, false)));
    }

    // Waits to be asked for longer than a test takes.
    private static HttpClient Patient() => new(new SocketsHttpHandler { Expect100ContinueTimeout = Eventually.Limit });

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient client, ScriptedServer server, byte[] body, bool isChunked, bool? expectContinue = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Uri) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = isChunked;
        request.Headers.ExpectContinue = expectContinue;
        return await client.SendAsync(request).InTime();
    }

    private static Exception? Root(Exception? failure) => failure?.GetBaseException();
}
