using System.Buffers.Binary;

namespace SidecarPatterns.Tests;

/// <summary>What travels over a connection of HTTP/2 (RFC 9113, section 4.1).</summary>
internal readonly record struct Http2Frame(Http2FrameType Type, byte Flags, int StreamId, ReadOnlyMemory<byte> Payload)
{
    /// <summary>The largest payload that every end takes.</summary>
    public const int MaxPayload = 16 * 1024;

    private const int HeadLength = 9;

    /// <summary>Reads a frame; <see langword="null"/> where the client ends instead.</summary>
    public static async Task<Http2Frame?> ReadAsync(WireReader reader)
    {
        var head = new byte[HeadLength];
        var first = await reader.ReadAsync(head.AsMemory(0, 1));
        if (first == 0)
        {
            return null;
        }

        await reader.ReadExactlyAsync(head.AsMemory(1));
        var payload = new byte[head[0] << 16 | head[1] << 8 | head[2]];
        if (payload.Length > MaxPayload)
        {
            throw new InvalidDataException($"A frame of {payload.Length} bytes is too large.");
        }

        await reader.ReadExactlyAsync(payload);
        return new Http2Frame((Http2FrameType)head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload);
    }

    /// <summary>Whether a flag is set.</summary>
    public bool Has(byte flag) => (Flags & flag) != 0;

    /// <summary>The payload without what pads it, and without the priority of HEADERS.</summary>
    public ReadOnlyMemory<byte> Content()
    {
        var content = Has(Http2Flags.Padded) ? Payload[1..^Payload.Span[0]] : Payload;
        return Type == Http2FrameType.Headers && Has(Http2Flags.Priority) ? content[5..] : content;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[HeadLength + Payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Payload.Length << 8 | (int)Type);
        bytes[4] = Flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(5), StreamId);
        Payload.CopyTo(bytes.AsMemory(HeadLength));
        return bytes;
    }

    /// <summary>A frame whose payload is one number or more, of four bytes each.</summary>
    public static Http2Frame Of(Http2FrameType type, int streamId, params ReadOnlySpan<int> numbers)
    {
        var payload = new byte[numbers.Length * sizeof(int)];
        for (var index = 0; index < numbers.Length; index++)
        {
            BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(index * sizeof(int)), numbers[index]);
        }

        return new Http2Frame(type, Http2Flags.None, streamId, payload);
    }

    public static Http2Frame Settings(IReadOnlyList<(Http2Setting Setting, int Value)> settings)
    {
        var payload = new byte[settings.Count * 6];
        for (var index = 0; index < settings.Count; index++)
        {
            BinaryPrimitives.WriteInt16BigEndian(payload.AsSpan(index * 6), (short)settings[index].Setting);
            BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan((index * 6) + 2), settings[index].Value);
        }

        return new Http2Frame(Http2FrameType.Settings, Http2Flags.None, StreamId: 0, payload);
    }
}
