namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class GuardedContentTests
{
    private static readonly byte[] Bytes = Bodies.OfLength(1_000);

    private readonly List<BodyEnd> _ends = [];

    [SetUp]
    public void Forget() => _ends.Clear();

    [Test]
    public async Task ReadAsync_ByEveryWay_IsTheBody(
        [Values("bytes", "text", "stream", "sync stream", "copy", "sync copy", "buffer")] string way, [Values] bool isTimed)
    {
        using var response = Guarded(new MemoryStream(Bytes), isTimed: isTimed);
        var content = response.Content;

        byte[] read = way switch
        {
            "bytes" => await content.ReadAsByteArrayAsync(),
            "text" => [.. (await content.ReadAsStringAsync()).Select(static letter => (byte)letter)],
            "stream" => All(await content.ReadAsStreamAsync()),
            "sync stream" => All(content.ReadAsStream()),
            "copy" => await content.SentAsync(),
            "sync copy" => content.Sent(),
            _ => await BufferedAsync(),
        };

        using (Assert.EnterMultipleScope())
        {
            Assert.That(read, Is.EqualTo(Bytes));
            Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Complete }));
        }

        static byte[] All(Stream stream)
        {
            using var target = new MemoryStream();
            stream.CopyTo(target);
            return target.ToArray();
        }

        async Task<byte[]> BufferedAsync()
        {
            await content.LoadIntoBufferAsync();
            return content.Sent();
        }
    }

    [Test]
    public void Headers_OfTheOriginal_AreCarriedOver()
    {
        using var response = Guarded(new MemoryStream(Bytes), 1_000);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(1_000));
            Assert.That(response.Content.Headers.NonValidated["Content-Type"].ToString(), Is.EqualTo("text/plain; charset=latin1"));
        }
    }

    [Test]
    public void Headers_LengthIsKnownToTheContentAlone_IsToldToo()
    {
        using var response = new HttpResponseMessage { Content = new StreamContent(new MemoryStream(Bytes)) };
        ResponseBody.Guard(response, default, TimeProvider.System, _ends.Add);

        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(Bytes.Length));
    }

    [Test]
    public async Task CopyToAsync_Again_Refuses()
    {
        using var response = Guarded(new MemoryStream(Bytes));
        await response.Content.SentAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Content.SentAsync, Throws.InvalidOperationException.With.Message.Contains("can be read once"));
            Assert.That(response.Content.Sent, Throws.InvalidOperationException);
        }
    }

    [Test]
    public async Task Dispose_AtAnyTime_DisposesOfTheOriginalAndReportsOnce([Values(0, 1, 2, 3)] int when)
    {
        var body = new ScriptedBody().Bring(Bytes);
        var original = new BodyContent(body);
        var response = new HttpResponseMessage { Content = original };
        ResponseBody.Guard(response, default, TimeProvider.System, _ends.Add);
        if (when > 0)
        {
            var stream = await response.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[10]);
            if (when > 1)
            {
                await (when == 2 ? stream.DisposeAsync() : new ValueTask(Task.Run(stream.Dispose)));
                Assert.That(body.Disposals, Is.EqualTo(1));
            }
        }

        response.Content.Dispose();
        response.Content.Dispose();
        response.Dispose();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(original.IsDisposed, Is.True);
            Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Disposed }));
        }
    }

    // Disposed of first, it would go on reading from the connection, for whoever comes next.
    [Test]
    public async Task Dispose_WhileItIsRead_CancelsTheReadBeforeItDisposesOfTheBody([Values] bool isCopied)
    {
        var body = new ScriptedBody();
        var response = Guarded(body, isTimed: true);
        var reading = isCopied ? response.Content.SentAsync() : ReadAsync();

        response.Dispose();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await reading.FailureAsync(), Is.InstanceOf<ObjectDisposedException>().Or.InnerException.InstanceOf<ObjectDisposedException>());
            Assert.That((body.Cancelled, body.WasReadWhenDisposed), Is.EqualTo((1, false)));
            Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Disposed }));
        }

        async Task ReadAsync() => await (await response.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[1]);
    }

    [Test]
    public async Task Dispose_AfterTheEnd_ReportsNothingMore()
    {
        var response = Guarded(new MemoryStream(Bytes));
        await response.Content.SentAsync();

        response.Dispose();

        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Complete }));
    }

    [Test]
    public async Task ReadAsync_KnownLengthIsReadAndNoMore_IsComplete()
    {
        using var response = Guarded(new MemoryStream(Bytes), Bytes.Length);
        var stream = await response.Content.ReadAsStreamAsync();

        await stream.ReadExactlyAsync(new byte[Bytes.Length]);

        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Complete }));
    }

    // One ambassador behind another: each watches for itself.
    [Test]
    public async Task Guard_GuardedAlready_IsGuardedTwice()
    {
        var outer = new List<BodyEnd>();
        using var response = Guarded(new MemoryStream(Bytes));
        ResponseBody.Guard(response, new BodyLimits(null, null, 10), TimeProvider.System, outer.Add);

        Assert.That(response.Content.SentAsync, Throws.TypeOf<HttpRequestException>());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outer, Is.EqualTo(new[] { BodyEnd.TooLarge }));
            Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Disposed }));
        }

        await Task.CompletedTask;
    }

    // Much more than there is memory to be given for it here.
    [Test]
    public async Task CopyToAsync_HundredMegabytes_TakesNoMemoryForThem()
    {
        const long Length = 100L * 1024 * 1024;
        using var response = Guarded(new LongBody(Length), isTimed: true);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var stream = await response.Content.ReadAsStreamAsync();
        var target = new CountingStream();

        await stream.CopyToAsync(target);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(target.Written, Is.EqualTo(Length));
            Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(4 * 1024 * 1024));
        }
    }

    private HttpResponseMessage Guarded(Stream body, long? length = null, bool isTimed = false)
    {
        var response = new HttpResponseMessage { Content = new BodyContent(body, length, "text/plain; charset=latin1") };
        ResponseBody.Guard(response, isTimed ? new BodyLimits(TimeSpan.FromSeconds(30), 1, null) : default, TimeProvider.System, _ends.Add);
        return response;
    }

    private sealed class LongBody(long length) : MemoryStream
    {
        private long _left = length;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = (int)Math.Min(buffer.Length, _left);
            _left -= count;
            return new ValueTask<int>(count);
        }
    }

    private sealed class CountingStream : MemoryStream
    {
        public long Written { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written += buffer.Length;
            return default;
        }
    }
}
