using System.Text;

namespace SidecarPatterns;

/// <summary>Units in words, as OpenTelemetry's rules for Prometheus have them.</summary>
internal static class PrometheusUnit
{
    /// <summary>The unit in words; empty for what is just counted.</summary>
    public static string Of(string? unit)
    {
        if (string.IsNullOrEmpty(unit))
        {
            return "";
        }

        var text = WithoutAnnotations(unit);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || slash == text.Length - 1)
        {
            return Clean(Word(text));
        }

        var per = Clean(Singular(text[(slash + 1)..]));
        var what = Clean(Word(text[..slash]));
        return (what, per) switch
        {
            (_, "") => what,
            ("", _) => "per_" + per,
            _ => $"{what}_per_{per}",
        };
    }

    // What stands in braces is a remark: {request} says what is counted.
    private static string WithoutAnnotations(string unit)
    {
        var text = new StringBuilder(unit.Length);
        var from = 0;
        for (var open = unit.IndexOf('{', StringComparison.Ordinal); open >= 0; open = unit.IndexOf('{', from))
        {
            var close = unit.IndexOf('}', open);
            if (close < 0)
            {
                break;
            }

            text.Append(unit, from, open - from);
            from = close + 1;
        }

        return text.Append(unit, from, unit.Length - from).ToString();
    }

    private static string Clean(string unit) => unit.Length == 0 ? "" : PrometheusName.Sanitize(unit, allowsColon: false).Trim('_');

    private static string Word(string unit) => unit switch
    {
        "1" => "",
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" or "B" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" or "KB" => "kilobytes",
        "MBy" or "MB" => "megabytes",
        "GBy" or "GB" => "gigabytes",
        "TBy" or "TB" => "terabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        "$" => "dollars",
        _ => unit,
    };

    private static string Singular(string unit) => unit switch
    {
        "s" => "second",
        "m" or "min" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        _ => unit,
    };
}
