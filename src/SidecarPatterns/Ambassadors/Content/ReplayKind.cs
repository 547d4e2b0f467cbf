namespace SidecarPatterns;

/// <summary>How often, and when, a request's content can be sent. Each kind allows less than the one before.</summary>
internal enum ReplayKind
{
    /// <summary>As often as wanted, also several times at once.</summary>
    Concurrent,

    /// <summary>As often as wanted, one after the other: it goes back to its start by itself.</summary>
    Sequential,

    /// <summary>Once, unless sending never began.</summary>
    OneShot,
}
