using System.Net;

namespace SidecarPatterns.Benchmarks;

/// <summary>What stubs answer.</summary>
internal static class Answers
{
    private const int BodyLength = 2048;
    private const int FailsOnceIn = 100;
    private const uint Scatter = 2_654_435_761; // Knuth's: numbers in a row land far from each other.

    private static readonly byte[] Body = new byte[BodyLength];
    private static readonly byte[] ShortBody = new byte[16];

    public static HttpResponseMessage Good(int number) => new(HttpStatusCode.OK) { Content = new ByteArrayContent(ShortBody) };

    /// <summary>A body whose length nobody knows in advance, as a chunked one.</summary>
    public static HttpResponseMessage Chunked(int number) =>
        new(HttpStatusCode.OK) { Content = new UnsizedContent(new MemoryStream(Body, writable: false)) };

    public static HttpResponseMessage OneInHundredFails(int number) => number % FailsOnceIn == 0 ? Failure(number) : Good(number);

    /// <summary>So many of a hundred fail, at random and always the same ones.</summary>
    public static Func<int, HttpResponseMessage> Failing(int percent) =>
        number => (((uint)number * Scatter) >> 16) % 100 < percent ? Failure(number) : Good(number);

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
