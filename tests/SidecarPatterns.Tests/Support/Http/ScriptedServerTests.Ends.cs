using System.Net.Sockets;

namespace SidecarPatterns.Tests;

/// <summary>The ways in which a connection ends or does not go on, and what the server's disposal makes of them.</summary>
internal sealed partial class ScriptedServerTests
{
    [Test]
    public async Task Reset_InsteadOfAnAnswer_IsAResetToTheClient()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.Reset);
        using var client = new HttpClient();

        var failure = await client.GetAsync(server.Uri).FailureAsync();

        Assert.That(Root(failure), Is.InstanceOf<SocketException>().With.Property("SocketErrorCode").EqualTo(SocketError.ConnectionReset));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Close_InsteadOfAnAnswer_IsAnEarlyEndToTheClient()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.Close);
        using var client = new HttpClient();

        var failure = await client.GetAsync(server.Uri).FailureAsync();

        Assert.That(Root(failure), Is.InstanceOf<HttpIOException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ResponseEnded));
        Assert.That((server.Connections, server.Requests), Is.EqualTo((4, 4)), "the client of .NET tries three times more by itself");
    }

    [Test]
    public async Task Close_WithinABody_IsAnEarlyEndToTheClient()
    {
        await using var server = ScriptedServer.Start().OnRequest(static async (_, connection) =>
        {
            await connection.RespondAsync(200, "only this", ("Content-Length", "100"));
            await connection.CloseAsync();
        });
        using var client = new HttpClient();

        var failure = await client.GetStringAsync(server.Uri).FailureAsync();

        Assert.That(Root(failure), Is.InstanceOf<HttpIOException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ResponseEnded));
    }

    [Test]
    public async Task Close_WhatTheClientSentIsUnread_IsStillInOrder()
    {
        await using var server = ScriptedServer.Start().Connection(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.CloseAsync();
        });
        using var client = await ConnectAsync(server);
        await client.GetStream().WriteAsync("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nnot read!"u8.ToArray());

        Assert.That(await client.GetStream().ReadAsync(new byte[1]).AsTask().InTime(), Is.Zero, "an end, not a reset");
    }

    [Test]
    public async Task HalfClose_ThenReading_HasBothEnds()
    {
        var ended = new TaskCompletionSource<(string? Line, bool InOrder)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = ScriptedServer.Start().Connection(async connection =>
        {
            await connection.SendAsync("greeting\n");
            await connection.HalfCloseAsync();
            ended.SetResult((await connection.Reader.ReadLineAsync(), await connection.WhenClientEndedAsync()));
        });
        using var client = await ConnectAsync(server);
        using var reader = new StreamReader(client.GetStream());

        Assert.That(await reader.ReadToEndAsync().InTime(), Is.EqualTo("greeting\n"));
        await client.GetStream().WriteAsync("late word\n"u8.ToArray());
        client.Close();

        Assert.That(await ended.Task.InTime(), Is.EqualTo(("late word", true)));
    }

    [Test]
    public async Task WhenClientEnded_ClientGivesUp_Returns()
    {
        var ended = new SyncPoint();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await connection.WhenClientEndedAsync();
            await ended.PassAsync(connection.Ended);
        });
        using var client = new HttpClient();
        using var caller = new CancellationTokenSource();
        var call = client.GetAsync(server.Uri, caller.Token);
        await server.WhenRequestedAsync(1);

        await caller.CancelAsync();

        await ended.ReachedAsync();
        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Dispose_WhileScriptsStall_EndsThem()
    {
        var server = ScriptedServer.Start().Answers(Answer.Stall);
        using var client = new HttpClient();
        var call = client.GetAsync(server.Uri);
        await server.WhenRequestedAsync(1);

        await server.DisposeAsync().AsTask().InTime();

        Assert.That(await call.FailureAsync(), Is.InstanceOf<HttpRequestException>());
    }

    [Test]
    public async Task Dispose_AScriptFailed_ThrowsWhatItFailedWith()
    {
        var failure = new InvalidOperationException("a mistake in the script");
        var server = ScriptedServer.Start().OnRequest((_, _) => throw failure);
        using var client = new HttpClient();

        Assert.That(await client.GetAsync(server.Uri).FailureAsync(), Is.InstanceOf<HttpRequestException>());

        Assert.That(await server.DisposeAsync().AsTask().FailureAsync(), Is.SameAs(failure));
    }

    [Test]
    public async Task Dispose_NoScript_SaysSo()
    {
        var server = ScriptedServer.Start();
        using var client = await ConnectAsync(server);
        await server.WhenConnectedAsync(1);

        Assert.That(await server.DisposeAsync().AsTask().FailureAsync(), Is.InstanceOf<InvalidOperationException>());
    }

    [Test]
    public async Task Dispose_WhileWaitedFor_EndsTheWait()
    {
        var server = ScriptedServer.Start();
        var connected = server.WhenConnectedAsync(1);

        await server.DisposeAsync();

        Assert.That(await connected.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
    }

    private static async Task<TcpClient> ConnectAsync(ScriptedServer server)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Uri.Port);
        return client;
    }
}
