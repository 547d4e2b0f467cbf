using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>Reads texts in the Huffman code of HTTP/2 (RFC 7541, appendix B). It is a canonical one: the lengths of its codes are all of it.</summary>
internal static class HpackHuffman
{
    private const int EndOfText = 256;
    private const int Longest = 30;

    /// <summary>The length of the code of each byte, and of the end that no text contains.</summary>
    private static readonly byte[] Lengths =
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>The symbols in the order of their codes.</summary>
    private static readonly int[] Symbols = [.. Enumerable.Range(0, Lengths.Length).OrderBy(static symbol => Lengths[symbol])];

    /// <summary>Of each length, its first code, the place of that code's symbol, and how many there are.</summary>
    private static readonly (int Code, int Place, int Count)[] Firsts = FindFirsts();

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (code, length) = (0, 0);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            code = code << 1 | bytes[bit / 8] >> (7 - bit % 8) & 1;
            length++;
            var first = length <= Longest ? Firsts[length] : throw new InvalidDataException("There is no such Huffman code.");
            if (code - first.Code < first.Count)
            {
                var symbol = Symbols[first.Place + code - first.Code];
                text.Append(symbol == EndOfText ? throw new InvalidDataException("A text contains its end.") : (char)symbol);
                (code, length) = (0, 0);
            }
        }

        // What fills the last byte is the beginning of the end, which is all ones.
        return length < 8 && code == (1 << length) - 1 ? text.ToString() : throw new InvalidDataException("A text is cut off.");
    }

    private static (int Code, int Place, int Count)[] FindFirsts()
    {
        var firsts = new (int Code, int Place, int Count)[Longest + 1];
        for (var length = 1; length <= Longest; length++)
        {
            var before = firsts[length - 1];
            var count = Lengths.Count(each => each == length);
            firsts[length] = (before.Code + before.Count << 1, before.Place + before.Count, count);
        }

        return firsts;
    }
}
