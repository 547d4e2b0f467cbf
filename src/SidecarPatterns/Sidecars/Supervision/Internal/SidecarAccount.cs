namespace SidecarPatterns;

/// <summary>The counts of one sidecar, read together; the default is that of a sidecar without messages.</summary>
internal readonly struct SidecarAccount
{
    public long Accepted { get; init; }

    public long Handled { get; init; }

    public long DeadLettered { get; init; }

    public long Evicted { get; init; }

    public long Abandoned { get; init; }

    public long Queued { get; init; }

    public long InFlight { get; init; }

    public int Capacity { get; init; }

    public long? QueuedBytes { get; init; }

    public long? CapacityInBytes { get; init; }

    public long Late { get; init; }

    public long AbandonedCalls { get; init; }

    public TimeSpan BusyTime { get; init; }

    public long Forgotten { get; init; }

    public Dictionary<PublishReason, long>? Rejected { get; init; }

    public Dictionary<PublishReason, long>? Dropped { get; init; }
}
