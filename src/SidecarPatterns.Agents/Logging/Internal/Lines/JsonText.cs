namespace SidecarPatterns;

/// <summary>Writes JSON strings.</summary>
internal static class JsonText
{
    public static void Append(LineBuffer line, ReadOnlySpan<char> text)
    {
        line.Append((byte)'"');
        TextEscape.Append(line, text);
        line.Append((byte)'"');
    }

    /// <summary>Writes a string of characters that need no care.</summary>
    public static void AppendPlain<T>(LineBuffer line, T value, ReadOnlySpan<char> format = default)
        where T : IUtf8SpanFormattable
    {
        line.Append((byte)'"');
        line.AppendNumber(value, format);
        line.Append((byte)'"');
    }
}
