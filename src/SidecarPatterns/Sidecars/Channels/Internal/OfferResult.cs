namespace SidecarPatterns;

/// <summary>What a queue answers to an offer.</summary>
internal enum OfferResult
{
    /// <summary>It has the message.</summary>
    Accepted,

    /// <summary>There is no room, or others wait for it already.</summary>
    Full,

    /// <summary>It takes no more messages.</summary>
    Closed,
}
