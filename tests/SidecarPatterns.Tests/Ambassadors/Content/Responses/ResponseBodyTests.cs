using System.IO.Compression;
using System.Net;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class ResponseBodyTests
{
    [TestCase("text/event-stream", true)]
    [TestCase("Text/Event-Stream; charset=utf-8", true)]
    [TestCase("application/x-ndjson", true)]
    [TestCase("application/json-seq;a=b", true)]
    [TestCase("multipart/mixed; boundary=x", true)]
    [TestCase("application/grpc", true)]
    [TestCase("application/grpc+proto", true)]
    [TestCase("application/grpc-web-text", true)]
    [TestCase("application/json", false)]
    [TestCase("application/json; note=text/event-stream", false)]
    [TestCase("text/event-streams", false)]
    [TestCase("odd;;value", false)]
    [TestCase("", false)]
    [TestCase(null, false)]
    public void Streams_ByItsType_IsAsTheRuleSays(string? type, bool expected) => Assert.That(ResponseBody.Streams(Response(type)), Is.EqualTo(expected));

    [TestCase("text/event-stream", true)]
    [TestCase("application/x-ndjson", false)]
    public void BringsEvents_ByItsType_IsTrueForEventsAlone(string type, bool expected) =>
        Assert.That(ResponseBody.BringsEvents(Response(type)), Is.EqualTo(expected));

    private static IEnumerable<TestCaseData> Exchanges()
    {
        yield return Exchange("get", new HttpRequestMessage(), Response("application/json"), false);
        yield return Exchange("events", new HttpRequestMessage(), Response("text/event-stream"), false);
        yield return Exchange("connect", new HttpRequestMessage(new HttpMethod("connect"), "/"), Response(null), true);
        yield return Exchange("upgrade", Upgrade(), Response(null), true);
        yield return Exchange("switched", new HttpRequestMessage(), new HttpResponseMessage(HttpStatusCode.SwitchingProtocols), true);
        yield return Exchange("gRPC call", Grpc(), Response("application/json"), true);
        yield return Exchange("gRPC answer", new HttpRequestMessage(), Response("application/grpc"), true);

        static TestCaseData Exchange(string name, HttpRequestMessage request, HttpResponseMessage response, bool expected) =>
            new TestCaseData(request, response, expected).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Exchanges))]
    public void IsUntouchable_Exchange_IsAsTheRuleSays(HttpRequestMessage request, HttpResponseMessage response, bool expected) =>
        Assert.That(ResponseBody.IsUntouchable(request, response), Is.EqualTo(expected));

    [Test]
    public void IsInMemory_ByItsType_IsTrueForWhatNeedsNoReading()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ResponseBody.IsInMemory(new HttpResponseMessage().Content), Is.True);
            Assert.That(ResponseBody.IsInMemory(new ByteArrayContent([])), Is.True);
            Assert.That(ResponseBody.IsInMemory(new StringContent("a")), Is.True);
            Assert.That(ResponseBody.IsInMemory(new ReadOnlyMemoryContent(default)), Is.True);
            Assert.That(ResponseBody.IsInMemory(new StreamContent(Stream.Null)), Is.False);
            Assert.That(ResponseBody.IsInMemory(new OneShotContent([])), Is.False);
        }
    }

    [Test]
    public void Of_Events_MayTakeAnyTimeUnlessTheRequestSaysOtherwise()
    {
        var options = new AmbassadorContentOptions { MinimumBodyRate = 10, MaxResponseSize = 100 };
        var own = TimeSpan.FromMinutes(5);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(BodyLimits.Of(Response("text/event-stream"), options), Is.EqualTo(new BodyLimits(null, null, 100)));
            Assert.That(BodyLimits.Of(Response("text/event-stream"), options, own), Is.EqualTo(new BodyLimits(own, null, 100)));
            Assert.That(BodyLimits.Of(Response("text/plain"), options), Is.EqualTo(new BodyLimits(TimeSpan.FromSeconds(30), 10, 100)));
            Assert.That(BodyLimits.Of(Response("text/plain"), options, own), Is.EqualTo(new BodyLimits(own, 10, 100)));
        }
    }

    private static IEnumerable<TestCaseData> Failures()
    {
        var brotli = new BrotliStream(Stream.Null, CompressionMode.Decompress);
        yield return Case("gzip", new InvalidDataException(), Stream.Null, true);
        yield return Case("Brotli", new InvalidOperationException(), brotli, true);
        yield return Case("Brotli that was disposed of", new ObjectDisposedException("stream"), brotli, false);
        yield return Case("Brotli that was cut off", new IOException(), brotli, false);
        yield return Case("a defect of another stream's", new InvalidOperationException(), Stream.Null, false);

        static TestCaseData Case(string name, Exception exception, Stream body, bool expected) =>
            new TestCaseData(exception, body, expected).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Failures))]
    public void CanNotBeDecompressed_Failure_IsAsItsStreamSaysIt(Exception exception, Stream body, bool expected) =>
        Assert.That(ResponseBody.CanNotBeDecompressed(exception, body), Is.EqualTo(expected));

    private static HttpResponseMessage Response(string? type) => new() { Content = new BodyContent(new MemoryStream(), type: type) };

    private static HttpRequestMessage Upgrade()
    {
        var request = new HttpRequestMessage();
        request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        return request;
    }

    private static HttpRequestMessage Grpc()
    {
        var request = new HttpRequestMessage { Content = new ByteArrayContent([]) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/grpc");
        return request;
    }
}
