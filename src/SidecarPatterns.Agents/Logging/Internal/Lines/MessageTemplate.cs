using System.Globalization;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>
/// A template, taken apart, so that the text of a line is written with its values in it without being made as a string before. For the lines of <c>LoggerMessage</c> alone, and to the
/// letter as that makes them; what it does in a more difficult way (alignment) is left to it.
/// </summary>
internal sealed class MessageTemplate
{
    private const int CacheSize = 512; // A power of two.
    private const int LongestValue = 256;

    private static readonly MessageTemplate?[] Cache = new MessageTemplate?[CacheSize];

    private readonly string _text;
    private readonly (string Before, string? Format)[] _holes;
    private readonly string _after;
    private readonly bool _isUsable;

    private MessageTemplate(string text)
    {
        _text = text;
        _isUsable = TryParse(text, out _holes, out _after);
    }

    /// <summary>Takes a template apart; the same one is done once as a rule.</summary>
    public static MessageTemplate Of(string template)
    {
        // By the object, not by what it says: templates are constants. Two that share a place take turns.
        ref var place = ref Cache[RuntimeHelpers.GetHashCode(template) & (CacheSize - 1)];
        var found = Volatile.Read(ref place);
        if (found is null || !ReferenceEquals(found._text, template))
        {
            found = new MessageTemplate(template);
            Volatile.Write(ref place, found);
        }

        return found;
    }

    /// <summary>Writes the text as the inside of a JSON string.</summary>
    /// <returns><see langword="false"/> if that is not possible; nothing is written then.</returns>
    public bool TryAppend(LineBuffer line, LogEntry entry)
    {
        if (!_isUsable || entry.ValueCount != _holes.Length)
        {
            return false;
        }

        for (var i = 0; i < _holes.Length; i++)
        {
            TextEscape.Append(line, _holes[i].Before);
            AppendValue(line, entry.ValueAt(i).Value, _holes[i].Format);
        }

        TextEscape.Append(line, _after);
        return true;
    }

    private static void AppendValue(LineBuffer line, object? value, string? format)
    {
        switch (value)
        {
            case null:
                TextEscape.Append(line, "(null)");
                break;
            case string text:
                TextEscape.Append(line, text);
                break;
            case int number when format is null:
                line.AppendNumber(number);
                break;
            case long number when format is null:
                line.AppendNumber(number);
                break;
            case ISpanFormattable formattable:
                AppendFormatted(line, formattable, format);
                break;
            default:
                TextEscape.Append(line, value.ToString());
                break;
        }
    }

    private static void AppendFormatted(LineBuffer line, ISpanFormattable value, string? format)
    {
        Span<char> text = stackalloc char[LongestValue];
        if (value.TryFormat(text, out var written, format, CultureInfo.InvariantCulture))
        {
            TextEscape.Append(line, text[..written]);
        }
        else
        {
            TextEscape.Append(line, value.ToString(format, CultureInfo.InvariantCulture));
        }
    }

    private static bool TryParse(string text, out (string Before, string? Format)[] holes, out string after)
    {
        var found = new List<(string, string?)>();
        var literal = new System.Text.StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var isDoubled = i + 1 < text.Length && text[i + 1] == text[i];
            if (text[i] is not ('{' or '}'))
            {
                literal.Append(text[i]);
            }
            else if (isDoubled)
            {
                literal.Append(text[i++]);
            }
            else if (text[i] == '{' && text.IndexOf('}', i) is > 0 and var end && text.AsSpan(i + 1, end - i - 1).IndexOfAny('{', ',') < 0
                && (end + 1 == text.Length || text[end + 1] != '}'))
            {
                var colon = text.IndexOf(':', i, end - i);
                found.Add((literal.ToString(), colon < 0 ? null : text[(colon + 1)..end]));
                literal.Clear();
                i = end;
            }
            else
            {
                (holes, after) = ([], "");
                return false;
            }
        }

        (holes, after) = ([.. found], literal.ToString());
        return true;
    }
}
