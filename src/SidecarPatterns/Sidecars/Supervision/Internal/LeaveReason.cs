namespace SidecarPatterns;

/// <summary>What an incarnation is told to leave for before its work is done; each outweighs those above it.</summary>
internal enum LeaveReason
{
    /// <summary>It is not told to: it ends by itself, and its policy says what follows.</summary>
    None,

    /// <summary>One with more lanes goes on with its instance.</summary>
    MoreLanes,

    /// <summary>A fresh one takes over: how this one ends does not matter.</summary>
    Restart,
}
