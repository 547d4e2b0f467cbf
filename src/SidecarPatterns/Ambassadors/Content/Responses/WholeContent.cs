using System.Net;

namespace SidecarPatterns;

/// <summary>A body that was read to its end.</summary>
/// <remarks>The bytes are in the framework's own buffer of the content, so that a client that buffers each response finds that done.</remarks>
internal sealed class WholeContent : HttpContent
{
    private ReadOnlyMemory<byte> _bytes; // Only while they are taken into the buffer.

    private WholeContent(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>Takes over what was read of a content. That has nothing left, and is disposed of as the framework does after such a read.</summary>
    public static WholeContent Of(HttpContent original, ReadAhead ahead)
    {
        var whole = new WholeContent(ahead.Bytes);
        original.Headers.CopyTo(whole.Headers);
        whole.LoadIntoBufferAsync().GetAwaiter().GetResult(); // From memory to memory: it never waits.
        whole._bytes = default;
        ahead.Release();
        original.Dispose();
        return whole;
    }

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken) => stream.Write(_bytes.Span);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        stream.Write(_bytes.Span);
        return Task.CompletedTask;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}
