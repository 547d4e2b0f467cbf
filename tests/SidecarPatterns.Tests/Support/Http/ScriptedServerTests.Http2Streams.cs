using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Streams of HTTP/2 that end while their connection goes on, and what is agreed on for all of them.</summary>
internal sealed partial class ScriptedServerTests
{
    [Test]
    public async Task ResetStream_AnyReason_IsSeenByTheClient([Values] bool isTls)
    {
        await using var server = StartHttp2(isTls).InTurn(Answer.ResetStream(Http2ErrorCode.InternalError), Answer.With(200));
        using var client = Trusting(HttpVersion.Version20);

        var failure = await client.GetAsync(server.Uri).FailureAsync();

        Assert.That(ErrorIn(failure), Is.EqualTo(Http2ErrorCode.InternalError));
        Assert.That(await StatusAsync(client, server), Is.EqualTo(200));
        Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 2)));
    }

    [Test]
    public async Task ResetStream_Refused_IsSeenOnceTheClientIsTiredOfIt()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.ResetStream(Http2ErrorCode.RefusedStream));
        using var client = Trusting(HttpVersion.Version20);

        var failure = await client.GetAsync(server.Uri).FailureAsync();

        Assert.That(ErrorIn(failure), Is.EqualTo(Http2ErrorCode.RefusedStream));
        Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 4)), "the client of .NET tries three times more by itself");
    }

    [Test]
    public async Task WhenReset_ClientGivesUp_SaysWhy()
    {
        var reset = new TaskCompletionSource<Http2ErrorCode>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = ScriptedServer.Start().OnStream(async stream => reset.SetResult(await stream.WhenResetAsync()));
        using var client = Trusting(HttpVersion.Version20);
        using var caller = new CancellationTokenSource();
        var call = client.GetAsync(server.Uri, caller.Token);
        await server.WhenRequestedAsync(1);

        await caller.CancelAsync();

        Assert.That(await reset.Task.InTime(), Is.EqualTo(Http2ErrorCode.Cancel));
        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task WhenSettled_OneStreamAtATime_IsKeptTo()
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().Connection(async connection =>
        {
            var http2 = await connection.StartHttp2Async((Http2Setting.MaxConcurrentStreams, 1));
            await http2.WhenSettledAsync();
            await (await http2.NextRequestAsync()).RespondAsync(200);
            var first = await http2.NextRequestAsync();
            await connection.StallAsync(held);
            await first.RespondAsync(200);
            await (await http2.NextRequestAsync()).RespondAsync(200);
            await http2.WhenClientEndedAsync();
        });
        using var client = Trusting(HttpVersion.Version20);
        await StatusAsync(client, server);

        var calls = Enumerable.Range(1, 2).Select(_ => StatusAsync(client, server)).ToArray();
        await held.ReachedAsync();
        Assert.That(server.Requests, Is.EqualTo(2));
        held.Release();

        Assert.That(await Task.WhenAll(calls).InTime(), Is.All.EqualTo(200));
        Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 3)));
    }

    [Test]
    public async Task AnswersPings_NotAtFirst_AcknowledgesOnlyTheLater()
    {
        var answering = new SyncPoint();
        await using var server = ScriptedServer.Start().Connection(async connection =>
        {
            var http2 = await connection.StartHttp2Async(answersPings: false);
            await http2.NextRequestAsync();
            http2.AnswersPings = true;
            await connection.StallAsync(answering);
            await http2.WhenClientEndedAsync();
        });
        using var client = await ConnectAsync(server);
        var head = HpackEncoder.Frames(1, [(":method", "GET"), (":path", "/")], endsStream: true);
        await client.GetStream().WriteAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Ping(1), .. head]);
        await answering.ReachedAsync();
        answering.Release();
        await client.GetStream().WriteAsync(Ping(2));

        var reader = new WireReader(into => client.GetStream().ReadAsync(into).AsTask().InTime());
        Assert.That((await Http2Frame.ReadAsync(reader))?.Type, Is.EqualTo(Http2FrameType.Settings));
        var answer = await Http2Frame.ReadAsync(reader);

        Assert.That(answer?.ToBytes(), Is.EqualTo((Http2Frame.Of(Http2FrameType.Ping, 0, 2, 2) with { Flags = Http2Flags.Acknowledge }).ToBytes()));

        static byte[] Ping(int number) => Http2Frame.Of(Http2FrameType.Ping, 0, number, number).ToBytes();
    }

    [Test]
    public async Task Dispose_AScriptOfAStreamFailed_ThrowsWhatItFailedWith()
    {
        var failure = new InvalidOperationException("a mistake in the script");
        var server = ScriptedServer.Start().OnStream(_ => throw failure);
        using var client = Trusting(HttpVersion.Version20);

        Assert.That(await client.GetAsync(server.Uri).FailureAsync(), Is.InstanceOf<HttpRequestException>());

        Assert.That(await server.DisposeAsync().AsTask().FailureAsync(), Is.SameAs(failure));
    }

    private static Http2ErrorCode? ErrorIn(Exception? failure) => (Http2ErrorCode?)(Root(failure) as HttpProtocolException)?.ErrorCode;
}
