namespace SidecarPatterns;

/// <summary>What makes two instruments the same to a collector: everything but the object and its description.</summary>
/// <param name="Meter">The name of the meter.</param>
/// <param name="MeterVersion">Its version.</param>
/// <param name="MeterTags">Its tags, as text.</param>
/// <param name="Name">The name of the instrument, in upper case: OpenTelemetry has names differ by more than case.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Boundaries">The boundaries of its buckets, as text.</param>
/// <param name="Kind">What its numbers mean.</param>
/// <param name="IsWhole">Whether they are whole.</param>
/// <param name="IsObserved">Whether they are asked for, instead of told.</param>
internal sealed record StreamIdentity(
    string Meter, string MeterVersion, string MeterTags, string Name, string Unit, string Boundaries, MetricKind Kind, bool IsWhole, bool IsObserved);
