namespace SidecarPatterns;

/// <summary>Writes values as JSON: numbers as numbers, times as ISO 8601, what JSON has no word for as text.</summary>
internal static class JsonValue
{
    public static void Append(LineBuffer line, object? value)
    {
        switch (value)
        {
            case null:
                line.Append("null"u8);
                break;
            case string text:
                JsonText.Append(line, text);
                break;
            case bool flag:
                line.Append(flag ? "true"u8 : "false"u8);
                break;
            case int number:
                line.AppendNumber(number);
                break;
            case long number:
                line.AppendNumber(number);
                break;
            case double number when double.IsFinite(number):
                line.AppendNumber(number);
                break;
            case float number when float.IsFinite(number):
                line.AppendNumber(number);
                break;
            case decimal number:
                line.AppendNumber(number);
                break;
            case Guid id:
                JsonText.AppendPlain(line, id);
                break;
            case DateTime time:
                JsonText.AppendPlain(line, time, "O");
                break;
            case DateTimeOffset time:
                JsonText.AppendPlain(line, time, "O");
                break;
            case DateOnly date:
                JsonText.AppendPlain(line, date, "O");
                break;
            case TimeOnly time:
                JsonText.AppendPlain(line, time, "O");
                break;
            case TimeSpan duration:
                JsonText.AppendPlain(line, duration, "c");
                break;
            case object?[] values:
                AppendAll(line, values);
                break;
            default:
                AppendOther(line, value);
                break;
        }
    }

    private static void AppendOther(LineBuffer line, object value)
    {
        switch (value)
        {
            case byte number:
                line.AppendNumber(number);
                break;
            case sbyte number:
                line.AppendNumber(number);
                break;
            case short number:
                line.AppendNumber(number);
                break;
            case ushort number:
                line.AppendNumber(number);
                break;
            case uint number:
                line.AppendNumber(number);
                break;
            case ulong number:
                line.AppendNumber(number);
                break;
            default:
                JsonText.Append(line, LogValue.TextOf(value));
                break;
        }
    }

    private static void AppendAll(LineBuffer line, object?[] values)
    {
        line.Append((byte)'[');
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0)
            {
                line.Append((byte)',');
            }

            Append(line, values[i]);
        }

        line.Append((byte)']');
    }
}
