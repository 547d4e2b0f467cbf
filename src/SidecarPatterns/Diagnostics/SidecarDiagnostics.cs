using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SidecarPatterns;

/// <summary>The names under which sidecars can be watched, for <c>AddMeter</c> and <c>AddSource</c> of OpenTelemetry.</summary>
public static class SidecarDiagnostics
{
    /// <summary>The name of the meter: <c>SidecarPatterns</c>.</summary>
    public const string MeterName = "SidecarPatterns";

    /// <summary>The name of the activity source: <c>SidecarPatterns</c>.</summary>
    public const string ActivitySourceName = "SidecarPatterns";

    /// <summary>Buckets in seconds, as OpenTelemetry's conventions advise for durations.</summary>
    internal static InstrumentAdvice<double> DurationAdvice { get; } = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    };

    internal static ActivitySource Source { get; } = new(ActivitySourceName);
}
