namespace SidecarPatterns;

/// <summary>Where a queue stands: counts of messages since it was made, read together.</summary>
/// <param name="Accepted">Messages that offers were accepted for.</param>
/// <param name="Evicted">Accepted messages that a later one displaced.</param>
/// <param name="Taken">Messages that were taken.</param>
internal readonly record struct QueuePosition(long Accepted, long Evicted, long Taken)
{
    public long Queued => Accepted - Evicted - Taken;
}
