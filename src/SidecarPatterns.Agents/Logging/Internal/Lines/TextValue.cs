using System.Globalization;

namespace SidecarPatterns;

/// <summary>Writes values as they stand in the text of a line, as <see cref="Microsoft.Extensions.Logging.LoggerMessage"/> has them.</summary>
internal static class TextValue
{
    private const int LongestValue = 256;

    public static void Append(LineBuffer line, object? value, string? format)
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
}
