using System.Text;

namespace SidecarPatterns;

/// <summary>Tags as labels of Prometheus, by OpenTelemetry's rules.</summary>
internal static class PrometheusLabels
{
    /// <summary>The labels, as they stand between braces: <c>http_method="GET",http_status="200"</c>.</summary>
    /// <param name="tags">The tags, in the order of their keys.</param>
    /// <remarks>
    /// Labels without a value are the same as none, and are left out. Keys that become one label have their values joined by semicolons, in the order of the
    /// keys.
    /// </remarks>
    public static string Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var labels = new List<(string Name, string Value)>(tags.Length);
        foreach (ref readonly var tag in tags)
        {
            var name = NameOf(tag.Key);
            var value = TagText.Of(tag.Value);
            var known = labels.FindIndex(label => label.Name == name);
            if (known >= 0)
            {
                labels[known] = (name, $"{labels[known].Value};{value}");
            }
            else if (value.Length > 0)
            {
                labels.Add((name, value));
            }
        }

        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            Append(text, name, value);
        }

        return text.ToString();
    }

    /// <summary>Adds a label to others.</summary>
    public static void Append(StringBuilder text, string name, string value)
    {
        text.Append(text.Length > 0 ? "," : "").Append(name).Append("=\"");
        foreach (var character in value)
        {
            _ = character switch
            {
                '\\' => text.Append("\\\\"),
                '"' => text.Append("\\\""),
                '\n' => text.Append("\\n"),
                _ => text.Append(character),
            };
        }

        text.Append('"');
    }

    /// <summary>The name of a label: letters, digits and single underscores, and not one that has a meaning already.</summary>
    private static string NameOf(string key)
    {
        var name = PrometheusName.Sanitize(key, allowsColon: false);
        return name is "le" or "quantile" || name.StartsWith("otel_scope_", StringComparison.Ordinal) ? "exported_" + name : name;
    }
}
