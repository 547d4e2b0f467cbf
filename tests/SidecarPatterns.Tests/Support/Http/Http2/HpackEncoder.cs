using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>Writes heads in the one form that needs no memory of those before: literals without an index (RFC 7541, section 6.2.2).</summary>
internal static class HpackEncoder
{
    private const int SevenBits = 0x7f;

    /// <summary>The frames of a head, one behind the other: nothing else may come between them.</summary>
    public static byte[] Frames(int streamId, IReadOnlyList<(string Name, string Value)> headers, bool endsStream)
    {
        using var frames = new MemoryStream();
        var type = Http2FrameType.Headers;
        var flags = endsStream ? Http2Flags.EndStream : Http2Flags.None;
        for (ReadOnlyMemory<byte> rest = Encode(headers); type == Http2FrameType.Headers || rest.Length > 0;)
        {
            var part = rest[..int.Min(rest.Length, Http2Frame.MaxPayload)];
            rest = rest[part.Length..];
            frames.Write(new Http2Frame(type, (byte)(flags | (rest.IsEmpty ? Http2Flags.EndHeaders : 0)), streamId, part).ToBytes());
            (type, flags) = (Http2FrameType.Continuation, Http2Flags.None);
        }

        return frames.ToArray();
    }

    public static byte[] Encode(IReadOnlyList<(string Name, string Value)> headers)
    {
        using var block = new MemoryStream();
        foreach (var (name, value) in headers)
        {
            block.WriteByte(0);
            WriteText(block, LowerCase(name));
            WriteText(block, value);
        }

        return block.ToArray();
    }

    // As HTTP/2 has all names.
    private static string LowerCase(string name) => string.Concat(name.Select(char.ToLowerInvariant));

    private static void WriteText(MemoryStream block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var length = bytes.Length;
        if (length < SevenBits)
        {
            block.WriteByte((byte)length);
        }
        else
        {
            block.WriteByte(SevenBits);
            for (length -= SevenBits; length >= 0x80; length >>= 7)
            {
                block.WriteByte((byte)(length & SevenBits | 0x80));
            }

            block.WriteByte((byte)length);
        }

        block.Write(bytes);
    }
}
