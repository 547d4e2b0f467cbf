using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>The way of a message from a publisher to a sidecar's handler, beside a bare bounded channel.</summary>
internal sealed class SidecarsPart : Part
{
    public override string Name => "sidecars";

    public override IReadOnlyList<Row> Rows { get; } =
    [
        SidecarRows.Publish<Message>(producers: 1),
        SidecarRows.Publish<Message>(producers: 4),
        SidecarRows.NearlyFull(),
        SidecarRows.PingPong(),
        SidecarRows.PublishWithListener(),
        SidecarRows.Publish(BoundedChannelFullMode.DropOldest),
        SidecarRows.Publish(BoundedChannelFullMode.DropNewest),
        SidecarRows.Publish(BoundedChannelFullMode.DropWrite),
    ];

    public override TimeSpan TimeBesideTable => IdleSidecars.Time;

    public override IReadOnlyList<string> MeasureBesideTable() => [IdleSidecars.Measure(count: 1_000)];
}
