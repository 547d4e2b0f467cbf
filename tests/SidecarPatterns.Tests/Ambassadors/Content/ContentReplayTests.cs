using System.Net.Http.Json;

namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class ContentReplayTests
{
    private static readonly byte[] Bytes = Bodies.OfLength(100);

    private static IEnumerable<TestCaseData> Contents()
    {
        yield return Case("none", null, ReplayKind.Concurrent);
        yield return Case("bytes", new ByteArrayContent(Bytes), ReplayKind.Concurrent);
        yield return Case("text", new StringContent("a"), ReplayKind.Concurrent);
        yield return Case("form", new FormUrlEncodedContent([new("a", "b")]), ReplayKind.Concurrent);
        yield return Case("memory", new ReadOnlyMemoryContent(Bytes), ReplayKind.Concurrent);
        yield return Case("json", JsonContent.Create(new { A = 1 }), ReplayKind.Concurrent);
        yield return Case("json of null", JsonContent.Create<object?>(null), ReplayKind.Concurrent);
        yield return Case("json of a list", JsonContent.Create(new[] { 1, 2 }), ReplayKind.Concurrent);
        yield return Case("json of a sequence of numbers", JsonContent.Create(NumbersAsync()), ReplayKind.OneShot);
        yield return Case("json of a sequence known as an object", JsonContent.Create<object>(NumbersAsync()), ReplayKind.OneShot);
        yield return Case("stream that can seek", new StreamContent(new MemoryStream(Bytes)), ReplayKind.Sequential);
        yield return Case("stream that can not", new StreamContent(new ForwardStream(Bytes)), ReplayKind.OneShot);
        yield return Case("stream that can not, its length set by hand", WithLength(new StreamContent(new ForwardStream(Bytes))), ReplayKind.OneShot);
        yield return Case("stream that does not know its length", new StreamContent(new EndlessStream()), ReplayKind.OneShot);
        yield return Case("closed stream", Closed(), ReplayKind.OneShot);
        yield return Case("derived from bytes", new OwnBytes(), ReplayKind.OneShot);
        yield return Case("derived from a stream", new OwnStream(), ReplayKind.OneShot);
        yield return Case("own", new OneShotContent(Bytes), ReplayKind.OneShot);
        yield return Case("parts", Parts(new StringContent("a"), JsonContent.Create(1)), ReplayKind.Concurrent);
        yield return Case("no parts", new MultipartContent(), ReplayKind.Concurrent);
        yield return Case("parts with a file", Parts(new StringContent("a"), new StreamContent(new MemoryStream(Bytes)), new ByteArrayContent(Bytes)), ReplayKind.Sequential);
        yield return Case("parts with an upload", Parts(new StreamContent(new MemoryStream(Bytes)), new OneShotContent(Bytes)), ReplayKind.OneShot);
        yield return Case("parts within parts", Parts(Parts(new StreamContent(new ForwardStream(Bytes)))), ReplayKind.OneShot);
        yield return Case("form with a file", new MultipartFormDataContent { { new StreamContent(new MemoryStream(Bytes)), "file", "a.txt" } }, ReplayKind.Sequential);

        static TestCaseData Case(string name, HttpContent? content, ReplayKind kind) => new TestCaseData(content, kind).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Contents))]
    public void KindOf_RealContent_IsAsTheRuleSays(HttpContent? content, ReplayKind expected)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ContentReplay.KindOf(content), Is.EqualTo(expected));
            Assert.That(ContentReplay.KindOf(content), Is.EqualTo(expected), "asked again");
        }
    }

    [Test]
    public async Task KindOf_SequentialContent_SendsTheSameBytesAgain()
    {
        using var stream = new MemoryStream(Bytes);
        stream.Position = 40;
        using var content = new StreamContent(stream);

        var kind = ContentReplay.KindOf(content);
        var first = await content.SentAsync();
        var second = content.Sent();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(kind, Is.EqualTo(ReplayKind.Sequential));
            Assert.That(first, Is.EqualTo(Bytes[40..]));
            Assert.That(second, Is.EqualTo(Bytes[40..]));
        }
    }

    [Test]
    public async Task KindOf_Parts_LeavesTheirHeadersAsTheyWere()
    {
        using var parts = Parts(new StreamContent(new MemoryStream(Bytes)));
        using var untouched = Parts(new StreamContent(new MemoryStream(Bytes)));

        ContentReplay.KindOf(parts);

        Assert.That(await parts.SentAsync(), Is.EqualTo(await untouched.SentAsync()));
    }

    [Test]
    public async Task BufferAsync_OneShotContent_IsReadOnceAndSentOften()
    {
        using var content = new OneShotContent(Bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", "odd;;value");

        await ContentReplay.BufferAsync(content, Bytes.Length, CancellationToken.None);

        var sent = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(content.SentAsync)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(sent, Is.All.EqualTo(Bytes));
            Assert.That(content.Sent(), Is.EqualTo(Bytes));
            Assert.That(content.Reads, Is.EqualTo(1));
            Assert.That(content.Headers.NonValidated["Content-Type"].ToString(), Is.EqualTo("odd;;value"));
            Assert.That(content.Headers.ContentLength, Is.EqualTo(Bytes.Length));
        }
    }

    [Test]
    public void BufferAsync_MoreThanAllowed_Fails()
    {
        using var content = new OneShotContent(Bytes, tellsLength: false);

        Assert.That(
            async () => await ContentReplay.BufferAsync(content, Bytes.Length - 1, CancellationToken.None),
            Throws.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConfigurationLimitExceeded));
    }

    [Test]
    public void BufferAsync_ContentIgnoresTheToken_EndsNevertheless()
    {
        var ready = new TaskCompletionSource();
        using var content = new OneShotContent(Bytes) { Ready = ready.Task };
        using var caller = new CancellationTokenSource();

        var buffering = ContentReplay.BufferAsync(content, Bytes.Length, caller.Token).AsTask();
        caller.Cancel();

        Assert.That(async () => await buffering.InTime(), Throws.InstanceOf<OperationCanceledException>());
        ready.SetException(new IOException("late"));
    }

    private static MultipartContent Parts(params HttpContent[] parts)
    {
        var content = new MultipartContent("mixed", "boundary");
        foreach (var part in parts)
        {
            content.Add(part);
        }

        return content;
    }

    private static StreamContent WithLength(StreamContent content)
    {
        content.Headers.ContentLength = Bytes.Length;
        return content;
    }

    private static StreamContent Closed()
    {
        var stream = new MemoryStream(Bytes);
        var content = new StreamContent(stream);
        stream.Dispose();
        return content;
    }

    private static async IAsyncEnumerable<int> NumbersAsync()
    {
        await Task.CompletedTask;
        yield return 1;
    }

    private sealed class OwnBytes() : ByteArrayContent(Bytes);

    private sealed class OwnStream() : StreamContent(new MemoryStream(Bytes));

    /// <summary>Can not go back.</summary>
    private sealed class ForwardStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    /// <summary>Says that it can go back, but not how far it reaches.</summary>
    private sealed class EndlessStream : MemoryStream
    {
        public override long Length => throw new NotSupportedException();
    }
}
