using System.Diagnostics;

namespace SidecarPatterns;

/// <summary>What crosses the queue beside a message, and only if somebody listens: when it was published, and within which activity.</summary>
/// <param name="PublishedAt">A timestamp of the application's clock; 0 if nobody asked for it.</param>
/// <param name="Activity">The publisher's activity, if one is to be the parent of the handler's.</param>
internal readonly record struct MessageOrigin(long PublishedAt, Activity? Activity)
{
    public bool IsEmpty => PublishedAt == 0 && Activity is null;
}
