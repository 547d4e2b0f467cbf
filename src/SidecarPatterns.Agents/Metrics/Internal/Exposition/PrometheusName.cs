using System.Text;

namespace SidecarPatterns;

/// <summary>Names as Prometheus takes them, by OpenTelemetry's rules for the compatibility of both.</summary>
internal static class PrometheusName
{
    /// <summary>The name of a family of metrics: with its unit, and <c>_total</c> for what only grows.</summary>
    public static string Of(string instrument, string? unit, MetricKind kind)
    {
        var name = Sanitize(instrument, allowsColon: true);
        if (kind == MetricKind.Counter)
        {
            name = WithoutSuffix(name, "total");
        }

        name = WithSuffix(name, PrometheusUnit.Of(unit));
        return kind switch
        {
            MetricKind.Counter => name + "_total",
            MetricKind.Gauge or MetricKind.UpDownCounter when unit == "1" => WithSuffix(name, "ratio"),
            _ => name,
        };
    }

    /// <summary>A name of letters, digits and single underscores, which does not begin with a digit.</summary>
    public static string Sanitize(string name, bool allowsColon)
    {
        var text = new StringBuilder(name.Length + 1);
        foreach (var character in name)
        {
            if (char.IsAsciiLetter(character) || (char.IsAsciiDigit(character) && text.Length > 0) || (character == ':' && allowsColon))
            {
                text.Append(character);
            }
            else if (char.IsAsciiDigit(character))
            {
                text.Append('_').Append(character);
            }
            else if (text.Length == 0 || text[^1] != '_')
            {
                text.Append('_');
            }
        }

        return text.Length > 0 ? text.ToString() : "_";
    }

    private static string WithSuffix(string name, string suffix) =>
        suffix.Length == 0 || name == suffix || name.EndsWith("_" + suffix, StringComparison.Ordinal) ? name
        : name.EndsWith('_') ? name + suffix
        : $"{name}_{suffix}";

    private static string WithoutSuffix(string name, string suffix) =>
        name.EndsWith("_" + suffix, StringComparison.Ordinal) ? name[..^(suffix.Length + 1)] : name;
}
