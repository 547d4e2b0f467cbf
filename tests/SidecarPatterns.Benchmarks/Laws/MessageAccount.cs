namespace SidecarPatterns.Benchmarks;

/// <summary>A sidecar's account of its messages at a quiet moment, and what the application has counted of them by itself, if it has.</summary>
internal sealed record MessageAccount(
    string Name, long Accepted, long Handled, long DeadLettered, long Evicted, long Abandoned, long Queued, long InFlight, long Rejected, long Dropped, long Late, long Forgotten, MessageCounts? Own)
{
    public static MessageAccount Of(SidecarSnapshot sidecar, MessageTally? tally) => new(
        sidecar.Name,
        sidecar.Accepted,
        sidecar.Handled,
        sidecar.DeadLettered,
        sidecar.Evicted,
        sidecar.Abandoned,
        sidecar.Queued,
        sidecar.InFlight,
        sidecar.Rejected,
        sidecar.Dropped,
        sidecar.Late,
        sidecar.Forgotten,
        tally?.Read());
}
