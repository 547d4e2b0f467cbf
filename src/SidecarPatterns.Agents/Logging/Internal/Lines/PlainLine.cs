using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>
/// Writes a line for people: one line, whatever its text has in it. The exception stands below it, indented, so that nothing of it looks like a line of its
/// own.
/// </summary>
internal sealed class PlainLine
{
    private readonly TimeText _time = new();

    public void Append(LineBuffer line, LogEntry entry)
    {
        _time.Append(line, entry.Ticks);
        line.Append((byte)' ');
        line.Append(NameOf(entry.Level));
        line.Append((byte)' ');
        AppendText(line, entry.Category);
        if (entry.EventId.Id != 0)
        {
            line.Append((byte)'[');
            line.AppendNumber(entry.EventId.Id);
            line.Append((byte)']');
        }

        line.Append((byte)' ');
        AppendText(line, entry.Message);
        if (entry.Exception is { } exception)
        {
            line.Append("\n    "u8);
            Append(line, LogText.TextOf(exception), "\n    "u8);
        }

        line.Append((byte)'\n');
    }

    /// <summary>Writes text on its line.</summary>
    public static void AppendText(LineBuffer line, ReadOnlySpan<char> text) => Append(line, text, "\\n"u8);

    private static void Append(LineBuffer line, ReadOnlySpan<char> text, ReadOnlySpan<byte> lineBreak)
    {
        foreach (var rune in text.TrimEnd().EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '\n':
                    line.Append(lineBreak);
                    break;
                case '\r':
                    break;
                case '\t':
                    line.Append((byte)' ');
                    break;
                default:
                    if (TextEscape.IsHarmful(rune))
                    {
                        TextEscape.AppendCode(line, rune.Value);
                    }
                    else
                    {
                        line.Advance(rune.EncodeToUtf8(line.GetSpan(4)));
                    }

                    break;
            }
        }
    }

    private static ReadOnlySpan<byte> NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce"u8,
        LogLevel.Debug => "dbug"u8,
        LogLevel.Information => "info"u8,
        LogLevel.Warning => "warn"u8,
        LogLevel.Error => "fail"u8,
        _ => "crit"u8,
    };
}
