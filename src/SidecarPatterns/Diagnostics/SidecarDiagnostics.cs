using System.Diagnostics;

namespace SidecarPatterns;

/// <summary>The names under which sidecars can be watched, for <c>AddMeter</c> and <c>AddSource</c> of OpenTelemetry.</summary>
public static class SidecarDiagnostics
{
    /// <summary>The name of the meter: <c>SidecarPatterns</c>.</summary>
    public const string MeterName = "SidecarPatterns";

    /// <summary>The name of the activity source: <c>SidecarPatterns</c>.</summary>
    public const string ActivitySourceName = "SidecarPatterns";

    internal static ActivitySource Source { get; } = new(ActivitySourceName);
}
