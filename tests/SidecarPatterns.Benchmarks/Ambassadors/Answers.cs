using System.Net;

namespace SidecarPatterns.Benchmarks;

/// <summary>What stubs answer.</summary>
internal static class Answers
{
    private const int BodyLength = 2048;
    private const int FailsOnceIn = 100;

    private static readonly byte[] Body = new byte[BodyLength];
    private static readonly byte[] ShortBody = new byte[16];

    public static HttpResponseMessage Good(int number) => new(HttpStatusCode.OK) { Content = new ByteArrayContent(ShortBody) };

    /// <summary>A body whose length nobody knows in advance, as a chunked one.</summary>
    public static HttpResponseMessage Chunked(int number) =>
        new(HttpStatusCode.OK) { Content = new UnsizedContent(new MemoryStream(Body, writable: false)) };

    public static HttpResponseMessage OneInHundredFails(int number) => number % FailsOnceIn == 0 ? Failure(number) : Good(number);

    public static HttpResponseMessage? None(int number) => null;

    public static HttpResponseMessage Failure(int number) =>
        new(HttpStatusCode.ServiceUnavailable) { Content = new ByteArrayContent(ShortBody) };

    private sealed class UnsizedContent(Stream stream) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream target, TransportContext? context) => stream.CopyToAsync(target);

        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
