using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>
/// Writes a line as a JSON object with a line feed behind it. Names at the top are the agent's own and always of one type; the application's are below
/// <c>properties</c>. What is not there is left out.
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class JsonLine
{
    private readonly TimeText _time = new("{\"time\":\"");
    private readonly object?[] _values = new object?[LineShape.MaxValues];
    private LineShape? _shape; // Of the line before: its like often follow.

    /// <summary>Writes one line; if that fails half-way, nothing of it.</summary>
    public void Append(LineBuffer line, LogEntry entry)
    {
        var start = line.Count;
        try
        {
            AppendAll(line, entry);
        }
        catch
        {
            line.Truncate(start);
            throw;
        }
    }

    private void AppendAll(LineBuffer line, LogEntry entry)
    {
        _time.Append(line, entry.Ticks);
        line.Append(entry.Source.LevelAndCategory(entry.Level));
        if (!TryAppendByShape(line, entry))
        {
            AppendEvent(line, entry.EventId);
            AppendMessage(line, entry);
            AppendProperties(line, entry);
        }

        if (entry.Exception is { } exception)
        {
            line.Append(",\"exception\":"u8);
            JsonText.Append(line, LogText.TextOf(exception));
        }

        AppendScopes(line, entry.Scopes);
        if (entry.Trace != default)
        {
            line.Append(",\"traceId\":\""u8);
            line.AppendText(entry.Trace.ToHexString());
            line.Append("\",\"spanId\":\""u8);
            line.AppendText(entry.Span.ToHexString());
            line.Append((byte)'"');
        }

        line.Append("}\n"u8);
    }

    /// <summary>Writes the event, the text and the values as all lines of their log method have them, if they are such.</summary>
    private bool TryAppendByShape(LineBuffer line, LogEntry entry)
    {
        if (entry.ReadPlain() is not { Count: > 0 and var count } state || state[count - 1].Value is not string template)
        {
            return false;
        }

        if (_shape is not { } shape || !shape.IsOf(template))
        {
            _shape = shape = LineShape.Of(template);
        }

        if (!shape.IsUsable || shape.ValueCount != count - 1)
        {
            return false;
        }

        var values = _values.AsSpan(0, count - 1);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = state[i].Value; // Each is boxed, so once is enough.
        }

        shape.Append(line, entry.EventId, values);
        values.Clear();
        return true;
    }

    public static void AppendEvent(LineBuffer line, in EventId id)
    {
        if (id.Id != 0)
        {
            line.Append(",\"eventId\":"u8);
            line.AppendNumber(id.Id);
        }

        if (!string.IsNullOrEmpty(id.Name))
        {
            line.Append(",\"event\":"u8);
            JsonText.Append(line, id.Name);
        }
    }

    private static void AppendMessage(LineBuffer line, LogEntry entry)
    {
        var template = entry.Template;
        line.Append(",\"message\":\""u8);
        TextEscape.Append(line, entry.Message);
        line.Append((byte)'"');
        if (template is not null && entry.ValueCount > 0)
        {
            line.Append(",\"template\":"u8);
            JsonText.Append(line, template);
        }
    }

    private static void AppendProperties(LineBuffer line, LogEntry entry)
    {
        var count = entry.ValueCount;
        if (count == 0)
        {
            return;
        }

        line.Append(",\"properties\":{"u8);
        for (var i = 0; i < count; i++)
        {
            AppendPair(line, entry.ValueAt(i), isFirst: i == 0);
        }

        line.Append((byte)'}');
    }

    private static void AppendScopes(LineBuffer line, IReadOnlyList<object> scopes)
    {
        for (var i = 0; i < scopes.Count; i++)
        {
            line.Append(i == 0 ? ",\"scopes\":["u8 : ","u8);
            if (scopes[i] is KeyValuePair<string, object?>[] values)
            {
                line.Append((byte)'{');
                for (var j = 0; j < values.Length; j++)
                {
                    AppendPair(line, values[j], isFirst: j == 0);
                }

                line.Append((byte)'}');
            }
            else
            {
                JsonText.Append(line, (string)scopes[i]);
            }
        }

        if (scopes.Count > 0)
        {
            line.Append((byte)']');
        }
    }

    private static void AppendPair(LineBuffer line, KeyValuePair<string, object?> pair, bool isFirst)
    {
        if (!isFirst)
        {
            line.Append((byte)',');
        }

        JsonText.Append(line, pair.Key);
        line.Append((byte)':');
        JsonValue.Append(line, pair.Value);
    }

    /// <summary>From the end of the time to the end of the category.</summary>
    public static byte[] LevelAndCategory(LogLevel level, string category)
    {
        var line = new LineBuffer();
        line.Append("\",\"level\":"u8);
        JsonText.Append(line, level.ToString());
        line.Append(",\"category\":"u8);
        JsonText.Append(line, category);
        return line.Written.ToArray();
    }
}
