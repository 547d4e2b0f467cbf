using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>Publishes snapshots to the sidecars that take them. It does not wait for room, since the next snapshot says more than this one, but with the last.</summary>
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
