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

    private static IReadOnlyList<string> HalfTheTime { get; } = [SidecarRows.Publish<Message>(producers: 1).Name, SidecarRows.Publish<Message>(producers: 4).Name];

    public override TimeSpan TimeBesideTable => IdleSidecars.Time;

    /// <summary>The design has half of the channel's time where publishers do not wait; elsewhere it is to be no slower, and nowhere to allocate.</summary>
    public override void Judge(IReadOnlyList<RowResult> rows, Goals goals)
    {
        foreach (RowResult row in rows)
        {
            goals.AtMost($"{row.Name}: of the bare channel's time", HalfTheTime.Contains(row.Name) ? 0.5 : 1, row.Ratio);
            goals.AtMost($"{row.Name}: bytes of a message", 0, Math.Round(row.Ours.Bytes), "0");
        }
    }

    public override IReadOnlyList<string> MeasureBesideTable(Goals goals) => [IdleSidecars.Measure(count: 1_000, goals)];
}
