using System.Net;

namespace SidecarPatterns;

/// <summary>Stands in a message for a content that is watched, and that is sent wholly before a response is taken.</summary>
/// <remarks>
/// It derives from a type of the framework for that alone: with any other, HTTP/2 returns a response while the content is still being read, which the
/// caller then may dispose of, and another attempt may be reading too.
/// </remarks>
internal sealed class TrackedStreamContent(ContentTracker tracker) : StreamContent(Stream.Null)
{
    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        tracker.Send(stream, context, cancellationToken);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => tracker.SendAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        tracker.SendAsync(stream, context, cancellationToken);

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => tracker.Open(cancellationToken);

    protected override Task<Stream> CreateContentReadStreamAsync() => tracker.OpenAsync(CancellationToken.None);

    protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) => tracker.OpenAsync(cancellationToken);

    protected override bool TryComputeLength(out long length) => tracker.TryGetLength(out length);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            tracker.Dispose();
        }

        base.Dispose(disposing);
    }
}
