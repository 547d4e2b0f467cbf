namespace SidecarPatterns;

/// <summary>Knows how far the messages of a queue are settled.</summary>
internal interface ISettlements
{
    /// <summary>Whether everything that was queued before a place is settled.</summary>
    bool AreCompleteUpTo(long mark);
}
