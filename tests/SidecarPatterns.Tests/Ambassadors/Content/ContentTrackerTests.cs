using CsCheck;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class ContentTrackerTests
{
    private static readonly byte[] Bytes = Bodies.OfLength(100);

    [Test]
    public void HasBegun_ContentIsOnlyHeld_IsFalse()
    {
        using var content = new OneShotContent(Bytes);
        var tracker = new ContentTracker(content);

        _ = tracker.Content.Headers.ContentLength;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(tracker.HasBegun, Is.False);
            Assert.That(content.Reads, Is.Zero);
        }
    }

    [Test]
    public async Task Content_SentEitherWay_IsTheSame([Values] bool isAsync, [Values] bool reports)
    {
        using var content = new OneShotContent(Bytes);
        var progress = new List<long>();
        var begun = 0;
        var tracker = new ContentTracker(content, reports ? progress.Add : null, () => begun++);

        var sent = isAsync ? await tracker.Content.SentAsync() : tracker.Content.Sent();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(sent, Is.EqualTo(Bytes));
            Assert.That(tracker.HasBegun, Is.True);
            Assert.That(begun, Is.EqualTo(1));
            Assert.That(progress, reports ? Is.Ordered.And.Count.EqualTo(15) : Is.Empty);
            Assert.That(progress.LastOrDefault(), Is.EqualTo(reports ? Bytes.Length : 0));
        }
    }

    [Test]
    public void Content_AnySequentialContent_CountsEachSendingAnew() =>
        Gen.Byte.Array[0, 300].Sample(static bytes =>
        {
            var last = 0L;
            using var content = new StreamContent(new MemoryStream(bytes), bufferSize: 16);
            var tracker = new ContentTracker(content, written => last = written);
            for (var i = 0; i < 3; i++)
            {
                last = 0;
                if (!tracker.Content.Sent().SequenceEqual(bytes) || last != bytes.Length)
                {
                    return false;
                }
            }

            return true;
        });

    [Test]
    public void Content_OfAnyType_HasTheHeadersAndTheLength()
    {
        using var known = new OneShotContent(Bytes);
        known.Headers.TryAddWithoutValidation("Content-Type", "odd;;value");
        known.Headers.Add("X-Part", ["a", "b"]);
        using var unknown = new OneShotContent(Bytes, tellsLength: false);
        using var byHand = new OneShotContent(Bytes, tellsLength: false);
        byHand.Headers.ContentLength = 5;
        using var hidden = new OneShotContent(Bytes);
        hidden.Headers.ContentLength = null;

        var headers = new ContentTracker(known).Content.Headers;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(headers.NonValidated["Content-Type"].ToString(), Is.EqualTo("odd;;value"));
            Assert.That(headers.GetValues("X-Part"), Is.EqualTo(new[] { "a", "b" }));
            Assert.That(headers.ContentLength, Is.EqualTo(Bytes.Length));
            Assert.That(new ContentTracker(unknown).Content.Headers.ContentLength, Is.Null);
            Assert.That(new ContentTracker(byHand).Content.Headers.ContentLength, Is.EqualTo(5));
            Assert.That(new ContentTracker(hidden).Content.Headers.ContentLength, Is.Null);
        }
    }

    // Only what derives from the framework's own makes HTTP/2 wait until the content was read.
    [Test]
    public void Content_OfTheFrameworksType_StaysOneThatIsSentBeforeTheAnswer()
    {
        using var stream = new StreamContent(new MemoryStream());
        using var own = new OneShotContent(Bytes);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(AllowsDuplex(new ContentTracker(stream).Content), Is.EqualTo(AllowsDuplex(stream)).And.False);
            Assert.That(AllowsDuplex(new ContentTracker(own).Content), Is.EqualTo(AllowsDuplex(own)).And.True);
        }

        static bool AllowsDuplex(HttpContent content) => (bool)typeof(HttpContent)
            .GetProperty("AllowDuplex", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.GetValue(content)!;
    }

    [Test]
    public async Task HasBegun_HandlerReadsTheContentAsAStream_IsTrue([Values] bool isAsync)
    {
        using var content = new StreamContent(new MemoryStream(Bytes));
        var tracker = new ContentTracker(content);

        var stream = isAsync ? await tracker.Content.ReadAsStreamAsync() : tracker.Content.ReadAsStream();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(tracker.HasBegun, Is.True);
            Assert.That(stream.ReadByte(), Is.EqualTo(Bytes[0]));
        }
    }

    [Test]
    public void Dispose_OfTheMessage_DisposesOfTheContent([Values] bool isFrameworks)
    {
        var stream = new MemoryStream();
        var content = new OneShotContent(Bytes);
        var request = new HttpRequestMessage { Content = new ContentTracker(isFrameworks ? new StreamContent(stream) : content).Content };

        request.Dispose();

        Assert.That(isFrameworks ? !stream.CanRead : content.IsDisposed, Is.True);
    }

    [Test]
    public void Dispose_ThenSent_IsRefusedBeforeItBegins([Values] bool isFrameworks)
    {
        var tracker = new ContentTracker(isFrameworks ? new ByteArrayContent(Bytes) : new OneShotContent(Bytes));

        tracker.Content.Dispose();

        Assert.That(tracker.Content.SentAsync, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(tracker.HasBegun, Is.False);
    }

    [Test]
    public void Send_ConnectionFails_IsSeenAsWithoutATracker([Values] bool isAsync)
    {
        var failure = new HttpIOException(HttpRequestError.ResponseEnded, "cut");
        using var content = new ByteArrayContent(Bytes);
        var tracker = new ContentTracker(content, static _ => { });
        using var target = new FailingStream(failure);

        Assert.That(SendAsync, Throws.Exception.SameAs(failure));

        async Task SendAsync()
        {
            if (isAsync)
            {
                await tracker.SendAsync(target, null, CancellationToken.None);
            }
            else
            {
                tracker.Send(target, null, CancellationToken.None);
            }
        }
    }

    [Test]
    public void Send_ContentFailsByItself_ThrowsThat([Values] bool isAsync)
    {
        using var content = new OneShotContent(Bytes);
        var tracker = new ContentTracker(content);
        _ = content.Sent();

        Assert.That(async () => _ = isAsync ? await tracker.Content.SentAsync() : tracker.Content.Sent(), Throws.InvalidOperationException);
    }

    // A content that asks another server for its bytes may fail so by itself: that is not the exception of the copying.
    [Test]
    public void Send_ContentFailsAsARequest_ThrowsThat([Values] bool isAsync, [Values] bool isDerived)
    {
        var failure = isDerived ? new OwnException(new IOException("cut")) : new HttpRequestException("refused");
        using var content = new PushedContent(failure);
        var tracker = new ContentTracker(content);

        Assert.That(async () => _ = isAsync ? await tracker.Content.SentAsync() : tracker.Content.Sent(), Throws.Exception.SameAs(failure));
    }

    private sealed class OwnException(Exception inner) : HttpRequestException("own", inner);

    private sealed class PushedContent(Exception failure) : HttpContent
    {
        protected override void SerializeToStream(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken) => throw failure;

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => Task.FromException(failure);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class FailingStream(Exception failure) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw failure;

        public override void Write(ReadOnlySpan<byte> buffer) => throw failure;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw failure;
    }
}
