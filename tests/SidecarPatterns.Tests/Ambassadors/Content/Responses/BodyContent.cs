using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>The content of a response as a connection gives it: a stream that is read once, and a length by its header if at all.</summary>
internal sealed class BodyContent : HttpContent
{
    private readonly Stream _body;

    public BodyContent(Stream body, long? length = null, string? type = null)
    {
        _body = body;
        if (length is not null)
        {
            Headers.ContentLength = length;
        }

        if (type is not null)
        {
            Headers.TryAddWithoutValidation("Content-Type", type);
        }
    }

    public bool IsDisposed { get; private set; }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using (_body)
        {
            await _body.CopyToAsync(stream, cancellationToken);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => _body;

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(_body);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        _body.Dispose();
        base.Dispose(disposing);
    }
}
