using System.Buffers.Binary;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;

namespace SidecarPatterns.Tests;

/// <summary>gRPC's own client through an ambassador: its bodies go both ways at once, so that nothing may stand in for them, and nothing is sent twice.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class GrpcTests
{
    private const int PrefixLength = 5; // Compressed or not, and the length: gRPC over HTTP/2.

    private static readonly Marshaller<string> Text = new(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);
    private static readonly Method<string, string> Say = new(MethodType.Unary, "test.Greeter", "Say", Text, Text);
    private static readonly Method<string, string> Count = new(MethodType.ServerStreaming, "test.Greeter", "Count", Text, Text);
    private static readonly Method<string, string> Echo = new(MethodType.DuplexStreaming, "test.Greeter", "Echo", Text, Text);

    [Test]
    public async Task Unary_IsAnswered()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.OfStream(static stream => RespondAsync(stream, "hello")));
        await using var calling = new FaultCalling(server);
        using var channel = ChannelOf(calling, server);

        using var call = channel.CreateCallInvoker().AsyncUnaryCall(Say, null, new CallOptions(), "me");

        Assert.That(await call.ResponseAsync.InTime(), Is.EqualTo("hello"));
        Assert.That(server.Served[0].BodyText[PrefixLength..], Is.EqualTo("me"));
        Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(1));
    }

    [Test]
    public async Task Unary_Unavailable_IsSentOnceAndToldAsGrpcDoes()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.OfStream(static stream => RespondAsync(stream, body: null, status: 14)));
        await using var calling = new FaultCalling(server);
        using var channel = ChannelOf(calling, server);

        using var call = channel.CreateCallInvoker().AsyncUnaryCall(Say, null, new CallOptions(), "me");

        Assert.That(await call.ResponseAsync.FailureAsync(), Is.TypeOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unavailable));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task ServerStreaming_EachMessageComesWhenItIsSentAndNoTimeLimitEndsIt()
    {
        using var next = new SemaphoreSlim(0);
        await using var server = ScriptedServer.Start().Answers(Answer.OfStream(async stream =>
        {
            await stream.SendHeadAsync(200, ("content-type", "application/grpc"));
            for (var i = 0; i < 3; i++)
            {
                await stream.SendDataAsync(Framed($"{i}"));
                await next.WaitAsync(Eventually.Limit);
            }

            await stream.SendTrailersAsync(("grpc-status", "0"));
        }));
        await using var calling = new FaultCalling(server);
        using var channel = ChannelOf(calling, server);
        using var call = channel.CreateCallInvoker().AsyncServerStreamingCall(Count, null, new CallOptions(), "go");

        for (var i = 0; i < 3; i++)
        {
            Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).InTime());
            Assert.That(call.ResponseStream.Current, Is.EqualTo($"{i}"));
            await calling.Clock.AdvanceAsync(TimeSpan.FromHours(1));
            next.Release();
        }

        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).InTime(), Is.False);
    }

    [Test]
    public async Task DuplexStreaming_BothWaysAtOnce_NoneWaitsForTheOther()
    {
        await using var server = ScriptedServer.Start().Answers(new Answer(Answer.OnlyHttp2, static async stream =>
        {
            await stream.SendHeadAsync(200, ("content-type", "application/grpc"));
            for (var i = 0; i < 3; i++)
            {
                await stream.ReadBodyAsync(PrefixLength + 1);
                await stream.SendDataAsync(Framed($"{i} back"));
            }

            await stream.SendTrailersAsync(("grpc-status", "0"));
        }));
        await using var calling = new FaultCalling(server);
        using var channel = ChannelOf(calling, server);
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(Echo, null, new CallOptions());

        for (var i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync($"{i}").InTime();
            Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).InTime());
            Assert.That(call.ResponseStream.Current, Is.EqualTo($"{i} back"));
        }

        await call.RequestStream.CompleteAsync().InTime();
        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).InTime(), Is.False);
    }

    private static GrpcChannel ChannelOf(FaultCalling calling, ScriptedServer server) =>
        GrpcChannel.ForAddress(server.Uri, new GrpcChannelOptions { HttpClient = calling.Client });

    private static async Task RespondAsync(Http2Stream stream, string? body, int status = 0)
    {
        await stream.SendHeadAsync(200, ("content-type", "application/grpc"));
        if (body is not null)
        {
            await stream.SendDataAsync(Framed(body));
        }

        await stream.SendTrailersAsync(("grpc-status", $"{status}"));
    }

    private static byte[] Framed(string message)
    {
        var bytes = Encoding.UTF8.GetBytes(message);
        var framed = new byte[PrefixLength + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), bytes.Length);
        bytes.CopyTo(framed, PrefixLength);
        return framed;
    }
}
