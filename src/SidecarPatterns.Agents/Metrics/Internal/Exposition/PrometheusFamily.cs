using System.Globalization;
using System.Text;

namespace SidecarPatterns;

/// <summary>How an instrument stands in the text of Prometheus: everything that stays, in one piece.</summary>
internal sealed class PrometheusFamily
{
    public PrometheusFamily(InstrumentInfo info)
    {
        Name = PrometheusName.Of(info.Name, info.Unit, info.Kind);
        Type = info.Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Histogram => "histogram",
            _ => "gauge",
        };
        Head = string.IsNullOrWhiteSpace(info.Description)
            ? $"# TYPE {Name} {Type}\n"
            : $"# HELP {Name} {Escape(info.Description)}\n# TYPE {Name} {Type}\n";
        Scope = ScopeOf(info.Meter);
        SampleNames = info.Kind == MetricKind.Histogram ? [Name, Name + "_bucket", Name + "_sum", Name + "_count"] : [Name];
        Boundaries = info.Kind == MetricKind.Histogram
            ? [.. info.Boundaries.Select(static bound => $",le=\"{bound.ToString(CultureInfo.InvariantCulture)}\"}} "), ",le=\"+Inf\"} "]
            : [];
    }

    public string Name { get; }

    public string Type { get; }

    /// <summary>The lines that come before its samples.</summary>
    public string Head { get; }

    /// <summary>The labels that say which meter it is of.</summary>
    public string Scope { get; }

    /// <summary>The names that its samples have.</summary>
    public string[] SampleNames { get; }

    /// <summary>The ends of the labels of its buckets.</summary>
    public string[] Boundaries { get; }

    private static string ScopeOf(MeterInfo meter)
    {
        var text = new StringBuilder();
        PrometheusLabels.Append(text, "otel_scope_name", meter.Name);
        if (!string.IsNullOrEmpty(meter.Version))
        {
            PrometheusLabels.Append(text, "otel_scope_version", meter.Version);
        }

        // Those that would be the same label are one value, as with tags.
        foreach (var tags in meter.Tags.GroupBy(static tag => PrometheusName.Sanitize("otel_scope_" + tag.Key, allowsColon: false)))
        {
            var value = string.Join(';', tags.Select(static tag => TagText.Of(tag.Value)));
            if (value.Length > 0 && tags.Key is not ("otel_scope_name" or "otel_scope_version"))
            {
                PrometheusLabels.Append(text, tags.Key, value);
            }
        }

        return text.ToString();
    }

    private static string Escape(string description) =>
        description.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal);
}
