namespace SidecarPatterns;

/// <summary>How a message that was taken can end.</summary>
internal enum Settlement
{
    Handled,
    DeadLettered,
    Abandoned,
}
