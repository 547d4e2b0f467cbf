using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>
/// Publishes snapshots to the sidecars that take them. It waits for room with the last one alone: any other is followed by one that says more.
/// </summary>
internal sealed class SnapshotPublisher(ChannelWriter<MetricsSnapshot> writer) : IMetricsOutput
{
    public string Name => "sidecars";

    public ValueTask WriteAsync(MetricsSnapshot snapshot, bool isLast)
    {
        if (isLast)
        {
            return writer.WriteAsync(snapshot);
        }

        return writer.TryWrite(snapshot)
            ? default
            : ValueTask.FromException(new InvalidOperationException(
                "A sidecar that takes snapshots did not take this one: its queue is full, or it has stopped. Its own snapshot counts it."));
    }
}
