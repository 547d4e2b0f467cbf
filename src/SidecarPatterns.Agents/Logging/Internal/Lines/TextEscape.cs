using System.Buffers;
using System.Text;

namespace SidecarPatterns;

/// <summary>
/// Writes text so that it stays on its line and does nothing to whoever looks at it: control characters, what some viewers take for the end of a line, and what
/// turns the direction of writing around are written as <c>\u</c> and four digits, as in JSON. Without that, whoever can put text into a log could forge lines
/// of it.
/// </summary>
internal static class TextEscape
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (char)code).Where(static code => code is not ('"' or '\\'))));

    /// <summary>Writes the inside of a JSON string.</summary>
    public static void Append(LineBuffer line, ReadOnlySpan<char> text)
    {
        var special = text.IndexOfAnyExcept(Plain);
        if (special < 0)
        {
            AppendAscii(line, text);
            return;
        }

        AppendAscii(line, text[..special]);
        AppendRest(line, text[special..]);
    }

    /// <summary>Writes text as it is, if there is nothing in it that must be written in another way.</summary>
    public static bool TryWritePlain(Span<byte> room, ReadOnlySpan<char> text, out int written)
    {
        written = 0;
        return text.IndexOfAnyExcept(Plain) < 0 && Ascii.FromUtf16(text, room, out written) == OperationStatus.Done;
    }

    /// <summary>Whether a character must be written in another way, even where quotes need not.</summary>
    public static bool IsHarmful(Rune rune) => rune.Value switch
    {
        < 0x20 or (>= 0x7F and <= 0x9F) => true,
        0x61C or 0x200E or 0x200F or 0x2028 or 0x2029 or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0xFEFF => true,
        _ => false,
    };

    public static void AppendCode(LineBuffer line, int code)
    {
        line.Append("\\u"u8);
        line.AppendNumber(code, "x4");
    }

    private static void AppendAscii(LineBuffer line, ReadOnlySpan<char> text)
    {
        var span = line.GetSpan(text.Length);
        Ascii.FromUtf16(text, span, out var written);
        line.Advance(written);
    }

    private static void AppendRest(LineBuffer line, ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAnyExcept(Plain);
            if (plain != 0)
            {
                var length = plain < 0 ? text.Length : plain;
                AppendAscii(line, text[..length]);
                text = text[length..];
                continue;
            }

            // Half a pair of surrogates is no character, and is replaced.
            Rune.DecodeFromUtf16(text, out var rune, out var consumed);
            text = text[consumed..];
            AppendSpecial(line, rune);
        }
    }

    private static void AppendSpecial(LineBuffer line, Rune rune)
    {
        switch (rune.Value)
        {
            case '"':
                line.Append("\\\""u8);
                break;
            case '\\':
                line.Append("\\\\"u8);
                break;
            case '\n':
                line.Append("\\n"u8);
                break;
            case '\r':
                line.Append("\\r"u8);
                break;
            case '\t':
                line.Append("\\t"u8);
                break;
            default:
                if (IsHarmful(rune))
                {
                    AppendCode(line, rune.Value);
                }
                else
                {
                    line.Advance(rune.EncodeToUtf8(line.GetSpan(4)));
                }

                break;
        }
    }
}
