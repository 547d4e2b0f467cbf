using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>What is read of a response's body before it is returned.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ReadInsideTests
{
    private static readonly TimeSpan ReadFor = TimeSpan.FromMilliseconds(100);
    private static readonly byte[] Bytes = Bodies.OfLength(2_000);

    private readonly AmbassadorContentOptions _options = new();
    private TestClock _clock = null!;
    private CancellationTokenSource _caller = null!;

    [SetUp]
    public void Begin()
    {
        _clock = new TestClock();
        _caller = new CancellationTokenSource();
    }

    [TearDown]
    public void End() => _caller.Dispose();

    [Test]
    public async Task ReadInsideAsync_KnownToBeShort_IsWholeAndTheContentStays()
    {
        var content = new BodyContent(new MemoryStream(Bytes), Bytes.Length);
        using var response = new HttpResponseMessage { Content = content };

        Assert.That(await ReadAsync(response), Is.EqualTo(ResponseRead.Whole));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Content, Is.SameAs(content));
            Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(Bytes));
            Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(Bytes));
        }
    }

    [Test]
    public async Task ReadInsideAsync_KnownToBeShortOfATypeThatStreams_IsWhole()
    {
        using var response = new HttpResponseMessage { Content = new BodyContent(new MemoryStream(Bytes), Bytes.Length, "text/event-stream") };

        Assert.That(await ReadAsync(response), Is.EqualTo(ResponseRead.Whole));
    }

    [Test]
    public async Task ReadInsideAsync_JustAsLongAsMayBeRead_IsWhole()
    {
        using var response = new HttpResponseMessage { Content = new BodyContent(new MemoryStream(new byte[65_536]), 65_536) };

        Assert.That(await ReadAsync(response), Is.EqualTo(ResponseRead.Whole));
    }

    [TestCase("text/event-stream", null)]
    [TestCase(null, 65_537)]
    public async Task ReadInsideAsync_LongOrOfATypeThatStreams_IsNotTouched(string? type, int? length)
    {
        var body = new ScriptedBody();
        using var response = new HttpResponseMessage { Content = new BodyContent(body, length, type) };

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ReadAsync(response), Is.EqualTo(ResponseRead.Untouched));
            Assert.That(body.Reads, Is.Zero);
        }
    }

    [Test]
    public async Task ReadInsideAsync_NothingIsToBeRead_IsNotTouched([Values] bool byTime)
    {
        var body = new ScriptedBody();
        using var response = new HttpResponseMessage { Content = new BodyContent(body) };
        var options = byTime ? new AmbassadorContentOptions { BufferResponsesFor = default } : new AmbassadorContentOptions { BufferResponsesUpTo = 0 };

        Assert.That(await ResponseBody.ReadInsideAsync(response, options, _clock, default), Is.EqualTo(ResponseRead.Untouched));
        Assert.That(body.Reads, Is.Zero);
    }

    [TestCase(HttpStatusCode.NoContent, "GET")]
    [TestCase(HttpStatusCode.NotModified, "GET")]
    [TestCase(HttpStatusCode.OK, "HEAD")]
    public async Task ReadInsideAsync_NoBody_IsWholeWhateverItsLengthSays(HttpStatusCode status, string method)
    {
        var body = new ScriptedBody();
        using var response = new HttpResponseMessage(status)
        {
            RequestMessage = new HttpRequestMessage(new HttpMethod(method), "/"),
            Content = new BodyContent(body, length: 50),
        };

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ReadAsync(response), Is.EqualTo(ResponseRead.Whole));
            Assert.That(body.Reads, Is.Zero);
            Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(50));
        }
    }

    [Test]
    public async Task ReadInsideAsync_UnknownLengthEndsAtOnce_IsWholeAndTheOriginalIsDisposedOf([Values(0, 1, 2_000, 16_384, 65_535)] int length)
    {
        var bytes = Bodies.OfLength(length);
        var body = new ScriptedBody();
        var content = new BodyContent(body, type: "odd;;value");
        content.Headers.Add("X-Many", ["a", "b"]);
        using var response = new HttpResponseMessage { Content = content };
        Array.ForEach(bytes.Chunk(1_000).ToArray(), chunk => body.Bring(chunk));
        body.End();

        Assert.That(await ReadAsync(response), Is.EqualTo(ResponseRead.Whole));
        var read = await response.Content.ReadAsStreamAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(content.IsDisposed, Is.True);
            Assert.That(ResponseBody.IsInMemory(response.Content), Is.True);
            Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(bytes));
            Assert.That(read.Length, Is.EqualTo(length));
            Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(length));
            Assert.That(response.Content.Headers.NonValidated["Content-Type"].ToString(), Is.EqualTo("odd;;value"));
            Assert.That(response.Content.Headers.NonValidated["X-Many"], Is.EqualTo(new[] { "a", "b" }));
        }
    }

    [Test]
    public async Task ReadInsideAsync_ComesPieceByPieceInTime_IsWhole()
    {
        var body = new ScriptedBody();
        using var response = new HttpResponseMessage { Content = new BodyContent(body) };

        var reading = ReadAsync(response);
        foreach (var piece in Bytes.Chunk(400))
        {
            await Eventually.HoldsAsync(() => body.IsRead);
            _clock.Advance(ReadFor / 6);
            body.Bring(piece);
        }

        body.End();
        Assert.That(await reading.InTime(), Is.EqualTo(ResponseRead.Whole));
        Assert.That(_clock.Armed, Is.Empty);
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(Bytes));
    }

    [Test]
    public async Task ReadInsideAsync_ComesPieceByPieceForTooLong_IsHandedOverWhenTheTimeIsUpInAll()
    {
        var body = new ScriptedBody();
        using var response = new HttpResponseMessage { Content = new BodyContent(body) };
        var reading = ReadAsync(response);
        _clock.Advance(ReadFor / 2);
        body.Bring(1);
        await Eventually.HoldsAsync(() => body.IsRead);

        _clock.Advance(ReadFor / 2);

        Assert.That(await reading.InTime(), Is.EqualTo(ResponseRead.Begun));
    }

    [Test]
    public async Task ReadInsideAsync_TimeIsUp_HandsOverWhatCameAndTheReadThatIsUnderWay([Values] bool isAsync)
    {
        var body = new ScriptedBody();
        using var response = new HttpResponseMessage { Content = new BodyContent(body) };
        body.Bring(Bytes[..500]);
        var reading = ReadAsync(response);
        await Eventually.HoldsAsync(() => body.IsRead);

        _clock.Advance(ReadFor - TimeSpan.FromTicks(1));
        Assert.That(reading.IsCompleted, Is.False);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(await reading.InTime(), Is.EqualTo(ResponseRead.Begun));
        _caller.Cancel(); // The call is over: what cancels it does not reach the body.

        body.Bring(Bytes[500..900]).Bring(Bytes[900..]).End();
        var read = isAsync ? await response.Content.SentAsync() : await Task.Run(response.Content.Sent);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(read, Is.EqualTo(Bytes));
            Assert.That(body.Cancelled, Is.Zero);
        }
    }

    [Test]
    public async Task ReadInsideAsync_LongerThanAllowed_HandsOverTheRest([Values(65_536, 65_537, 200_000)] int length)
    {
        var bytes = Bodies.OfLength(length);
        using var response = new HttpResponseMessage { Content = new BodyContent(new MemoryStream(bytes)) };

        Assert.That(await ReadAsync(response), Is.EqualTo(ResponseRead.Begun));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(bytes));
    }

    [TestCase(null)]
    [TestCase(100)]
    public async Task ReadInsideAsync_IsCutOff_FailsAsAFailedRequest(int? length)
    {
        var content = new BodyContent(
            new ScriptedBody().Bring(Bytes[..50]).Fail(new HttpIOException(HttpRequestError.ResponseEnded, "cut")), length);
        using var response = new HttpResponseMessage { Content = content };

        var thrown = await ReadAsync(response).FailureAsync() as HttpRequestException;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(thrown!.HttpRequestError, Is.EqualTo(HttpRequestError.ResponseEnded));
            Assert.That(thrown.InnerException, Is.TypeOf<HttpIOException>());
            Assert.That(length is not null || thrown.Message.Contains("could not be read to its end", StringComparison.Ordinal), thrown.Message);
            Assert.That(response.Content, Is.SameAs(content));
        }
    }

    [TestCase(null)]
    [TestCase(100)]
    public async Task ReadInsideAsync_IsCancelled_CancelsTheReadAndThrowsByThatToken(int? length)
    {
        var body = new ScriptedBody().Bring(Bytes[..50]);
        using var response = new HttpResponseMessage { Content = new BodyContent(body, length) };
        var reading = ReadAsync(response);
        await Eventually.HoldsAsync(() => body.IsRead);

        _caller.Cancel();

        var failure = await reading.FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(_caller.Token));
            Assert.That(length is not null || failure!.InnerException is OperationCanceledException, "what the read said is in it");
            Assert.That(body.Cancelled, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task ReadInsideAsync_IsCancelledAndTheReadTakesNoNotice_ThrowsWhenTheTimeIsUp()
    {
        var body = new ScriptedBody { IgnoresTokens = true };
        using var response = new HttpResponseMessage { Content = new BodyContent(body) };
        var reading = ReadAsync(response);
        await Eventually.HoldsAsync(() => body.IsRead);

        _caller.Cancel();
        _clock.Advance(ReadFor);

        Assert.That(await reading.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
    }

    [TestCase(null)]
    [TestCase(2_000)]
    public void ReadInsideAsync_MoreThanAResponseMayHave_Fails(int? length)
    {
        using var response = new HttpResponseMessage { Content = new BodyContent(new MemoryStream(Bytes), length) };
        var options = new AmbassadorContentOptions { MaxResponseSize = Bytes.Length - 1 };

        Assert.That(
            async () => await ResponseBody.ReadInsideAsync(response, options, _clock, default),
            Throws.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConfigurationLimitExceeded)
                .And.Message.Contains("MaxResponseSize (1,999 bytes)"));
    }

    [TestCase(null)]
    [TestCase(2_000)]
    public async Task ReadInsideAsync_ExactlyWhatAResponseMayHave_IsWhole(int? length)
    {
        using var response = new HttpResponseMessage { Content = new BodyContent(new MemoryStream(Bytes), length) };
        var options = new AmbassadorContentOptions { MaxResponseSize = Bytes.Length };

        Assert.That(await ResponseBody.ReadInsideAsync(response, options, _clock, default), Is.EqualTo(ResponseRead.Whole));
    }

    [Test]
    public async Task Dispose_HandedOverAndNeverRead_CancelsTheReadBeforeItDisposesOfTheBody()
    {
        var body = new ScriptedBody();
        var content = new BodyContent(body);
        var response = new HttpResponseMessage { Content = content };
        var reading = ReadAsync(response);
        await Eventually.HoldsAsync(() => body.IsRead);
        _clock.Advance(ReadFor);
        await reading.InTime();

        response.Dispose();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(body.Cancelled, Is.EqualTo(1));
            Assert.That(body.WasReadWhenDisposed, Is.False);
            Assert.That(content.IsDisposed, Is.True);
            Assert.That(() => response.Content.ReadAsStreamAsync(), Throws.TypeOf<ObjectDisposedException>());
        }
    }

    // Nobody knows where such a body ends.
    [Test]
    public async Task ReadInsideAsync_TwoLengths_AreRefusedUnlessTheyAreTheSame([Values] bool areSame)
    {
        using var response = TwoLengths(areSame);

        var failure = await ReadAsync(response).FailureAsync();

        Assert.That(failure, areSame ? Is.Null : Is.TypeOf<HttpRequestException>()
            .With.Property("HttpRequestError").EqualTo(HttpRequestError.InvalidResponse).And.Message.Contains("two lengths"));
    }

    private static IEnumerable<TestCaseData> ShortOnes()
    {
        yield return Case("short", Of(2_000), true);
        yield return Case("as long as may be read", Of(65_536), true);
        yield return Case("the same length twice", TwoLengths(areSame: true), true);
        yield return Case("longer", Of(65_537), false);
        yield return Case("unknown", Of(null), false);
        yield return Case("two lengths", TwoLengths(areSame: false), false);
        yield return Case("none, by its status", Of(2_000, HttpStatusCode.NotModified), false);
        yield return Case("gRPC", Of(2_000, type: "application/grpc"), false);

        static HttpResponseMessage Of(int? length, HttpStatusCode status = HttpStatusCode.OK, string? type = null) =>
            new(status) { Content = new BodyContent(new MemoryStream(new byte[length ?? 10]), length, type) };

        static TestCaseData Case(string name, HttpResponseMessage response, bool expected) => new TestCaseData(response, expected).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(ShortOnes))]
    public async Task LoadIfShort_Response_IsReadOnlyIfItIsKnownToBeShort(HttpResponseMessage response, bool expected)
    {
        using var request = new HttpRequestMessage();

        var loading = ResponseBody.LoadIfShort(request, response, _options, _caller.Token);

        Assert.That(loading is not null, Is.EqualTo(expected));
        await (loading ?? Task.CompletedTask);
        response.Dispose();
    }

    // The framework's own way takes an array of the body's length too, and what a response can not do without.
    [Test]
    public void ReadInsideAsync_SmallBodyIsThere_TakesLittleMoreThanToBufferIt()
    {
        var buffered = MemoryFor(static response => response.Content.LoadIntoBufferAsync().IsCompletedSuccessfully);
        var inside = MemoryFor(response =>
        {
            var reading = ResponseBody.ReadInsideAsync(response, _options, _clock, _caller.Token);
            return reading.IsCompletedSuccessfully && reading.Result == ResponseRead.Whole;
        });

        TestContext.Out.WriteLine($"{inside} bytes, {buffered} to buffer it");
        Assert.That(inside, Is.LessThan(buffered + 800));

        static long MemoryFor(Func<HttpResponseMessage, bool> read)
        {
            const int Rounds = 100;
            var responses = Enumerable.Range(0, 2 * Rounds)
                .Select(static _ => new HttpResponseMessage { Content = new BodyContent(new MemoryStream(Bytes), type: "application/json") }).ToArray();
            var before = 0L;
            for (var i = 0; i < responses.Length; i++)
            {
                before = i == Rounds ? GC.GetAllocatedBytesForCurrentThread() : before;
                if (!read(responses[i]))
                {
                    Assert.Fail("It waited.");
                }
            }

            return (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
        }
    }

    private static HttpResponseMessage TwoLengths(bool areSame)
    {
        var content = new BodyContent(new MemoryStream(Bytes));
        content.Headers.TryAddWithoutValidation("Content-Length", ["2000", areSame ? "2000" : "1000"]);
        return new HttpResponseMessage { Content = content };
    }

    private Task<ResponseRead> ReadAsync(HttpResponseMessage response) =>
        ResponseBody.ReadInsideAsync(response, _options, _clock, _caller.Token).AsTask();
}
