using System.Diagnostics;

namespace SidecarPatterns;

/// <summary>What crosses the queue beside a message, and only if somebody wants it: when it was published, and what it comes from.</summary>
/// <param name="PublishedAt">A timestamp of the application's clock; 0 if nobody asked for it.</param>
/// <param name="From">The publisher's <see cref="System.Diagnostics.Activity"/>, or the <see cref="DeadLetter"/> that it was until it was replayed.</param>
internal readonly record struct MessageOrigin(long PublishedAt, object? From)
{
    public bool IsEmpty => PublishedAt == 0 && From is null;

    /// <summary>The publisher's activity, if one is to be the parent of the handler's.</summary>
    public Activity? Activity => From as Activity;

    /// <summary>The letter that was replayed.</summary>
    public DeadLetter? Letter => From as DeadLetter;
}
