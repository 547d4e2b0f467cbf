namespace SidecarPatterns;

/// <summary>How much a sidecar matters beside the others and the application.</summary>
/// <remarks>
/// Under pressure the governor slows down <see cref="Low"/> first, then <see cref="Normal"/>, then <see cref="High"/>. A dedicated thread gets the thread
/// priority of the same meaning, which is a hint: Linux ignores it.
/// </remarks>
public enum SidecarPriority
{
    /// <summary>The first to give way.</summary>
    Low,

    /// <summary>Gives way when that of <see cref="Low"/> did not do.</summary>
    Normal,

    /// <summary>The last to give way.</summary>
    High,
}
