namespace SidecarPatterns;

/// <summary>How a message that was taken can end.</summary>
internal enum Settlement
{
    Handled,
    DeadLettered,
    Abandoned,

    /// <summary>Whoever sent it does not want it any more; counted as evicted.</summary>
    Cancelled,
}
