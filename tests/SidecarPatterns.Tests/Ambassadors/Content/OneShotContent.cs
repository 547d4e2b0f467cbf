using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>A user's own content: its bytes come once, in pieces of a few, and a second time is an error.</summary>
internal sealed class OneShotContent(byte[] bytes, bool tellsLength = true) : HttpContent
{
    private const int Piece = 7;

    public int Reads { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Awaited before the first byte.</summary>
    public Task Ready { get; init; } = Task.CompletedTask;

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Begin();
        foreach (var piece in bytes.Chunk(Piece))
        {
            stream.Write(piece);
        }
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        Begin();
        await Ready;
        foreach (var piece in bytes.Chunk(Piece))
        {
            await stream.WriteAsync(piece);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return tellsLength;
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }

    private void Begin()
    {
        if (++Reads > 1)
        {
            throw new InvalidOperationException("The content was sent before.");
        }
    }
}
