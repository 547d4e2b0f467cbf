using System.Runtime.CompilerServices;

namespace SidecarPatterns.Tests;

/// <summary>Tokens of attempts that somebody may have when their call has ended: they serve no other call, whose end would be theirs.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class LentTokenTests
{
    [TestCase("text/plain")]
    [TestCase("application/grpc")]
    public async Task Body_WasHandedOver_DoesNotEndWithAnotherCall(string type)
    {
        await using var calling = new Calling();
        using var first = new CancellationTokenSource();
        var token = Kept(calling, () => new HttpResponseMessage
        {
            Content = new StreamContent(new MemoryStream(new byte[100_000])) { Headers = { ContentType = new(type) } },
        });
        using var invoker = Invoker(calling);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("http://server.test/items"));
        using var response = await invoker.SendAsync(request, first.Token).InTime();

        await CancelOthersAsync(calling);

        Assert.That(token.Value.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task Upload_GoesOnAfterTheAnswer_DoesNotEndWithAnotherCall()
    {
        await using var calling = new Calling();
        var more = new SyncPoint();
        var sending = Task.CompletedTask;
        var token = Kept(calling, static () => ScriptedHandler.Response(404));
        using var invoker = new HttpMessageInvoker(
            new AmbassadorHandler(calling.State) { InnerHandler = new EarlyAnswer(calling.Server, task => sending = task) }, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri("http://server.test/items")) { Content = new HeldContent(more) };
        (await invoker.SendAsync(request, default).InTime()).Dispose();

        await CancelOthersAsync(calling, invoker);

        Assert.That(token.Value.IsCancellationRequested, Is.False);
        more.Release();
        await sending.InTime();
    }

    [Test]
    public async Task RetryPipeline_CallHasEnded_ItsTokenIsCancelledNoMore()
    {
        CancellationToken? kept = null;
        await using var calling = new Calling(options => options.UseRetryPipeline(ScriptedPipeline.Of((execute, ct) =>
        {
            kept ??= ct;
            return execute();
        })));
        calling.Server.Then(200).Hangs();
        using var invoker = Invoker(calling);
        using var caller = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("http://server.test/items"));
        (await invoker.SendAsync(request, caller.Token).InTime()).Dispose();

        await CancelOthersAsync(calling);
        await caller.CancelAsync();

        Assert.That(kept!.Value.IsCancellationRequested, Is.False);
    }

    private static HttpMessageInvoker Invoker(Calling calling) =>
        new(new AmbassadorHandler(calling.State) { InnerHandler = calling.Server }, disposeHandler: false);

    /// <summary>Answers the first request, and keeps its token; no other is answered.</summary>
    private static StrongBox<CancellationToken> Kept(Calling calling, Func<HttpResponseMessage> answer)
    {
        var kept = new StrongBox<CancellationToken>();
        calling.Server
            .Then((_, ct) =>
            {
                kept.Value = ct;
                return Task.FromResult(answer());
            })
            .Hangs();
        return kept;
    }

    /// <summary>Begins many calls, on all processors, so that whatever can serve again does, and cancels them.</summary>
    private static async Task CancelOthersAsync(Calling calling, HttpMessageInvoker? invoker = null)
    {
        const int Calls = 16;
        using var others = new CancellationTokenSource();
        var calls = Enumerable.Range(0, Calls).Select(_ => Task.Run(() => invoker is null
            ? calling.GetAsync(others.Token)
            : invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri("http://server.test/items")), others.Token))).ToList();
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 1 + Calls);
        await others.CancelAsync();
        foreach (var call in calls)
        {
            Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        }
    }

    /// <summary>Answers before it has the content, which it goes on to read.</summary>
    private sealed class EarlyAnswer(ScriptedHandler server, Action<Task> sending) : DelegatingHandler(server)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is { } content)
            {
                sending(content.CopyToAsync(Stream.Null, cancellationToken));
                using var bare = new HttpRequestMessage(request.Method, request.RequestUri);
                return await base.SendAsync(bare, cancellationToken);
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class HeldContent(SyncPoint more) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => more.PassAsync();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
