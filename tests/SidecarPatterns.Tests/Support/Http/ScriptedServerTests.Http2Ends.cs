using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>How connections of HTTP/2 end otherwise than well, and what becomes of their streams.</summary>
internal sealed partial class ScriptedServerTests
{
    [Test]
    public async Task GoAway_BeforeTheStream_MakesTheClientTryElsewhere()
    {
        await using var server = ScriptedServer.Start()
            .Connection(static async connection =>
            {
                var http2 = await connection.StartHttp2Async();
                await http2.NextRequestAsync();
                await http2.GoAwayAsync(lastStreamId: 0, Http2ErrorCode.NoError);
                await http2.WhenClientEndedAsync();
            })
            .Answers(200);
        using var client = Trusting(HttpVersion.Version20);

        Assert.That(await StatusAsync(client, server), Is.EqualTo(200));
        Assert.That((server.Connections, server.Requests), Is.EqualTo((2, 2)));
    }

    [Test]
    public async Task GoAway_AfterTheStreamWasBegun_IsSeenByTheClient()
    {
        await using var server = ScriptedServer.Start().Connection(static async connection =>
        {
            var http2 = await connection.StartHttp2Async();
            var stream = await http2.NextRequestAsync();
            await http2.GoAwayAsync(stream.Id, Http2ErrorCode.EnhanceYourCalm);
            await connection.CloseAsync();
        });
        using var client = Trusting(HttpVersion.Version20);

        var failure = await client.GetAsync(server.Uri).FailureAsync();

        Assert.That(ErrorIn(failure), Is.EqualTo(Http2ErrorCode.EnhanceYourCalm));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task ConnectionEnds_WhileStreamsAreOpen_FailsAllOfThem(bool inOrder)
    {
        var all = new SyncPoint();
        await using var server = ScriptedServer.Start().OnStream(async stream =>
        {
            await stream.SendHeadAsync(200);
            await stream.Connection.Wire.StallAsync(all);
            await (inOrder ? Answer.Close : Answer.Reset).OverHttp2(stream);
        });
        using var client = Trusting(HttpVersion.Version20);
        var calls = Enumerable.Range(1, 3).Select(_ => client.GetStringAsync(server.Uri)).ToArray();
        await server.WhenRequestedAsync(3);

        all.Release();

        foreach (var call in calls)
        {
            Assert.That(await call.FailureAsync(), Is.InstanceOf<HttpRequestException>());
        }
    }

    [Test]
    public async Task Close_WhileFramesAreReceived_IsStillInOrder()
    {
        await using var server = ScriptedServer.Start().Connection(static async connection =>
        {
            await connection.StartHttp2Async();
            await connection.CloseAsync();
        });
        using var client = await ConnectAsync(server);
        await client.GetStream().WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());

        Assert.That(await client.GetStream().CopyToAsync(Stream.Null).FailureAsync(), Is.Null, "an end, not a reset");
    }

    [Test]
    public async Task Dispose_WhatTheClientSentIsNoFrame_SaysSo()
    {
        var server = ScriptedServer.Start().Answers(200);
        using var client = await ConnectAsync(server);
        await client.GetStream().WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n\r\n"u8.ToArray());
        await client.GetStream().CopyToAsync(Stream.Null).FailureAsync();

        Assert.That(await server.DisposeAsync().AsTask().FailureAsync(), Is.InstanceOf<InvalidDataException>());
    }
}
