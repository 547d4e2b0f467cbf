using System.Net;
using System.Net.Security;

namespace SidecarPatterns.Tests;

/// <summary>The same over HTTP/2, in the clear and behind TLS.</summary>
internal sealed partial class ScriptedServerTests
{
    [Test]
    public async Task Answers_OverHttp2_SharesOneConnection([Values] bool isTls)
    {
        await using var server = StartHttp2(isTls).Answers(200, "hello", ("X-Mark", "one"));
        using var client = Trusting(HttpVersion.Version20);

        var answers = await Task.WhenAll(Enumerable.Range(1, 5).Select(number => PostAsync(client, server, $"{number}"))).InTime();
        using var response = await client.GetAsync(new Uri(server.Uri, "path?query=1")).InTime();

        Assert.That(answers, Is.All.EqualTo("hello"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((response.Version, response.Headers.GetValues("X-Mark").Single()), Is.EqualTo((HttpVersion.Version20, "one")));
            Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 6)));
            Assert.That(server.Served.SkipLast(1).Select(static request => request.BodyText), Is.EquivalentTo(new[] { "1", "2", "3", "4", "5" }));
            Assert.That((server.Served[^1].Method, server.Served[^1].Target), Is.EqualTo(("GET", "/path?query=1")));
            Assert.That(server.Served[^1].Header(":scheme"), Is.EqualTo(server.Uri.Scheme));
        }
    }

    [TestCase(false, 1)]
    [TestCase(true, 1)]
    [TestCase(true, 2)]
    public async Task Answers_EitherProtocol_AsTheClientSpeaks(bool isTls, int version)
    {
        await using var server = (isTls
            ? ScriptedServer.StartTls(TestCertificates.Localhost, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11)
            : ScriptedServer.Start()).InTurn(Answer.With(503), Answer.With(200, "", ("Connection", "close")));
        using var client = Trusting(new Version(version, version == 1 ? 1 : 0));

        Assert.That(await StatusAsync(client, server), Is.EqualTo(503));
        Assert.That(await StatusAsync(client, server), Is.EqualTo(200));
    }

    [Test]
    public async Task NextRequest_LargeUpload_HasEveryByte([Values] bool isTls)
    {
        var body = new byte[Large];
        new Random(1).NextBytes(body);
        await using var server = StartHttp2(isTls).Connection(static async connection =>
        {
            var http2 = await connection.StartHttp2Async();
            var stream = await http2.NextRequestAsync();
            await stream.RespondAsync(200, $"{stream.Request.BodyLength}");
            await http2.WhenClientEndedAsync();
        });
        using var client = Trusting(HttpVersion.Version20);
        using var content = new ByteArrayContent(body);

        using var response = await client.PostAsync(server.Uri, content).InTime();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo($"{Large}"));
        Assert.That(server.Served.Single().Body.AsSpan().SequenceEqual(body), Is.True);
    }

    [Test]
    public async Task SendData_LargeDownload_KeepsToTheClientsWindows([Values] bool isTls)
    {
        var body = new byte[Large];
        new Random(1).NextBytes(body);
        await using var server = StartHttp2(isTls).OnStream(async stream =>
        {
            await stream.SendHeadAsync(200);
            await stream.SendDataAsync(body, isLast: true);
        });
        using var client = Trusting(HttpVersion.Version20);

        var read = await client.GetByteArrayAsync(server.Uri).InTime();

        Assert.That(read.AsSpan().SequenceEqual(body), Is.True);
    }

    [Test]
    public async Task ReadBody_PartOfIt_HoldsTheClientToItsWindow()
    {
        const int Window = 65_535;
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().OnStreamHead(async stream =>
        {
            await stream.ReadBodyAsync(atMost: 100_000);
            await stream.Connection.Wire.StallAsync(held);
            await stream.ReadBodyAsync();
            await stream.RespondAsync(200);
        });
        using var client = Trusting(HttpVersion.Version20);
        using var content = new ByteArrayContent(new byte[Large]);
        var call = client.PostAsync(server.Uri, content);

        await held.ReachedAsync();
        await Eventually.HoldsAsync(() => server.Served.Single().BodyLength == 100_000 + Window);
        held.Release();

        using var response = await call.InTime();
        Assert.That(server.Served.Single().BodyLength, Is.EqualTo(Large));
    }

    [Test]
    public async Task OnStreamHead_AnswersBeforeTheBody_LetsItComeAllTheSame()
    {
        await using var server = ScriptedServer.Start().OnStreamHead(static stream => stream.RespondAsync(200));
        using var client = Trusting(HttpVersion.Version20);
        using var content = new ByteArrayContent(new byte[Large]);

        using var response = await client.PostAsync(server.Uri, content).InTime();
        await Eventually.HoldsAsync(() => server.Served.Single().IsComplete);

        Assert.That(server.Served.Single().BodyLength, Is.EqualTo(Large));
    }

    [Test]
    public async Task SendTrailers_AfterTheBody_AreSeenByTheClient()
    {
        await using var server = ScriptedServer.Start().OnStream(static async stream =>
        {
            await stream.SendHeadAsync(200);
            await stream.SendDataAsync("hello");
            await stream.SendTrailersAsync(("X-Sum", "5"));
        });
        using var client = Trusting(HttpVersion.Version20);

        using var response = await client.GetAsync(server.Uri).InTime();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("hello"));
        Assert.That(response.TrailingHeaders.GetValues("X-Sum"), Is.EqualTo(new[] { "5" }));
    }

    [Test]
    public async Task NextRequest_ClientWaitsToBeAsked_IsAsked()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        using var client = Trusting(HttpVersion.Version20);
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Uri) { Version = HttpVersion.Version20, Content = new StringContent("asked") };
        request.Headers.ExpectContinue = true;

        using var response = await client.SendAsync(request).InTime();

        Assert.That(server.Served.Single().BodyText, Is.EqualTo("asked"));
    }

    private static ScriptedServer StartHttp2(bool isTls) =>
        isTls ? ScriptedServer.StartTls(TestCertificates.Localhost, SslApplicationProtocol.Http2) : ScriptedServer.Start();
}
