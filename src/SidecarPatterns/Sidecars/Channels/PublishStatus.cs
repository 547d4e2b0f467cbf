namespace SidecarPatterns;

/// <summary>What became of a message that was published.</summary>
public enum PublishStatus
{
    /// <summary>The queue has it.</summary>
    Accepted = 0,

    /// <summary>Nobody has it: the queue was full and its mode says that new messages are dropped.</summary>
    Dropped = 1,

    /// <summary>Nobody has it: it was refused.</summary>
    Rejected = 2,
}
