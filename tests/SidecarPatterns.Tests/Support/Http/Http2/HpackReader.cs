using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>Reads the two things that a head of HTTP/2 is made of, numbers and texts (RFC 7541, section 5).</summary>
internal ref struct HpackReader(ReadOnlySpan<byte> block)
{
    private ReadOnlySpan<byte> _rest = block;

    public readonly bool IsEnd => _rest.IsEmpty;

    /// <summary>The next byte, whose first bits say what it begins.</summary>
    public readonly byte Next => _rest[0];

    /// <summary>Reads a number that begins in the last bits of a byte.</summary>
    public int ReadNumber(int bits)
    {
        var most = (1 << bits) - 1;
        var number = Take() & most;
        if (number < most)
        {
            return number;
        }

        for (var shift = 0; ; shift += 7)
        {
            var next = Take();
            number = checked(number + ((next & 0x7f) << shift));
            if (next < 0x80)
            {
                return number;
            }
        }
    }

    public string ReadText()
    {
        var isHuffman = Next >= 0x80;
        var length = ReadNumber(bits: 7);
        var bytes = _rest[..length];
        _rest = _rest[length..];
        return isHuffman ? HpackHuffman.Decode(bytes) : Encoding.Latin1.GetString(bytes);
    }

    private byte Take()
    {
        var next = _rest[0];
        _rest = _rest[1..];
        return next;
    }
}
