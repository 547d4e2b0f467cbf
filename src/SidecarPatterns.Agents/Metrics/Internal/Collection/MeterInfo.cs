using System.Diagnostics.Metrics;

namespace SidecarPatterns;

/// <summary>What is known of a meter.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version, if it has one.</param>
/// <param name="Tags">Its tags, in the order of their keys.</param>
internal sealed record MeterInfo(string Name, string? Version, KeyValuePair<string, object?>[] Tags)
{
    public static MeterInfo Of(Meter meter) => new(meter.Name, meter.Version, meter.Tags is { } tags ? TagSet.ToShow([.. tags]) : []);
}
