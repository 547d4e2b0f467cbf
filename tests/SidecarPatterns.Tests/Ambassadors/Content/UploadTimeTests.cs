namespace SidecarPatterns.Tests;

/// <summary>How much time an attempt has while its content is sent, and which content is read before that.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class UploadTimeTests
{
    private const int Large = 1000;

    private static readonly Uri Items = new("http://server.test/items");

    // Two parts of 500 bytes are sent in time; the third stands still until eleven seconds are over, six of which have passed before the begin or after a part.
    [TestCase("large", false, 1)]
    [TestCase("unknown", false, 2)]
    [TestCase("unknown", true, 2)]
    [TestCase("one-shot", true, 1)]
    public async Task Upload_TakesLongerThanAnAttempt_IsOneWhereItIsLargeOrCanNotBeSentAgain(string kind, bool beginsLate, int attempts)
    {
        await using var calling = new Calling(static options => (options.Content.LargeUploadFrom, options.Retry.Delay) = (Large, TimeSpan.Zero));
        calling.Unseen = attempts;
        using var body = new PartsStream();
        using var server = new Reading();
        using var invoker = new HttpMessageInvoker(new AmbassadorHandler(calling.State) { InnerHandler = server });
        using var request = new HttpRequestMessage(HttpMethod.Put, Items)
        {
            Content = new StreamContent(kind == "one-shot" ? new OneWayStream(body) : body),
        };
        if (kind == "unknown")
        {
            request.Content.Headers.ContentLength = null; // It is not to be told.
        }

        var call = invoker.SendAsync(request, default);
        await server.Begin.ReachedAsync();
        if (beginsLate)
        {
            await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(6));
        }

        server.Begin.Release();
        body.AtPart[0].Release();
        await body.AtPart[1].ReachedAsync();
        if (!beginsLate)
        {
            await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(6));
        }

        body.AtPart[1].Release();
        await body.AtPart[2].ReachedAsync();
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(5));
        if (attempts == 2)
        {
            await Eventually.HoldsAsync(() => server.Requests == 2, "it is sent again");
        }

        body.AtPart[2].Release();
        using var response = await call.InTime();
        Assert.That(server.Requests, Is.EqualTo(attempts));
    }

    [TestCase(Large, 2)]
    [TestCase(Large + 1, 1)]
    public async Task Put_OneShotOfAKnownLength_IsKeptUpToTheLimit(int length, int attempts)
    {
        await using var calling = new Calling(static options => (options.Content.BufferRequestsUpTo, options.Retry.Delay) = (Large, TimeSpan.Zero));
        calling.Server.Then(503).Then(200);

        using var response = await calling.SendAsync(HttpMethod.Put, new OneShotContent(Bodies.OfLength(length))).InTime();

        Assert.That(calling.Server.Requests, Has.Count.EqualTo(attempts));
    }

    [Test]
    public async Task Post_OneShot_IsNotReadBeforeItIsSent()
    {
        await using var calling = new Calling { Unseen = 1 };
        calling.Server.Then(200);
        var content = new OneShotContent(Bodies.OfLength(10)) { Ready = Task.FromException(new InvalidOperationException("of the content")) };

        await calling.SendAsync(HttpMethod.Post, content).FailureAsync();

        Assert.That((calling.Snapshot.Failed, calling.Snapshot.Attempts[AttemptCause.First]), Is.EqualTo((1L, 1L)), "it failed within the attempt");
    }

    [Test]
    public async Task Put_ContentFailsWhenItsCallerHasLeft_IsACancellation()
    {
        await using var calling = new Calling();
        calling.Server.Then(200);
        using var caller = new CancellationTokenSource();
        using var invoker = new HttpMessageInvoker(new AmbassadorHandler(calling.State) { InnerHandler = calling.Server }, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Put, Items) { Content = new LeavingContent(caller) };

        var failure = await invoker.SendAsync(request, caller.Token).FailureAsync();

        Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
        Assert.That((calling.Snapshot.Refused, calling.Snapshot.Cancelled), Is.EqualTo((0L, 1L)));
    }

    /// <summary>Reads what it is sent, under the token of the attempt.</summary>
    private sealed class Reading : HttpMessageHandler
    {
        private int _requests;

        public int Requests => Volatile.Read(ref _requests);

        /// <summary>Where it begins to read.</summary>
        public SyncPoint Begin { get; } = new();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            await Begin.PassAsync(cancellationToken);
            await request.Content!.CopyToAsync(Stream.Null, cancellationToken);
            return new HttpResponseMessage { RequestMessage = request };
        }
    }

    /// <summary>Comes in parts, each when the test lets it.</summary>
    private sealed class PartsStream() : MemoryStream(new byte[Parts * PartLength])
    {
        private const int Parts = 3;
        private const int PartLength = 500;

        public SyncPoint[] AtPart { get; } = [.. Enumerable.Range(0, Parts).Select(static _ => new SyncPoint())];

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if ((int)Position / PartLength is var part && part < Parts)
            {
                await AtPart[part].PassAsync(cancellationToken);
            }

            return await base.ReadAsync(buffer.Length > PartLength ? buffer[..PartLength] : buffer, cancellationToken);
        }

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            var buffer = new byte[PartLength];
            while (await ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
    }

    /// <summary>Has its caller leave, and fails.</summary>
    private sealed class LeavingContent(CancellationTokenSource caller) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await caller.CancelAsync();
            throw new IOException("It can not be read any more.");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 10;
            return true;
        }
    }
}
