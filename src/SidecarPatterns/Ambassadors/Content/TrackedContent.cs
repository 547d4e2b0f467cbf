using System.Net;

namespace SidecarPatterns;

/// <summary>Stands in a message for a content that is watched, and whose response may come while it is still sent.</summary>
internal sealed class TrackedContent(ContentTracker tracker) : HttpContent
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
