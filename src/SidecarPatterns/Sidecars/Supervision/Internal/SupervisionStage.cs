namespace SidecarPatterns;

/// <summary>How far a sidecar is on its way to its end. It only goes forward; what begins anew after its end is at the first again.</summary>
internal enum SupervisionStage
{
    /// <summary>Nobody wants it to end: one incarnation follows the other, as its policy says.</summary>
    Running,

    /// <summary>Its stop was asked for: another incarnation begins only to handle what is left.</summary>
    Draining,

    /// <summary>The time for that is over: no other incarnation begins, and the one at work is to end at once.</summary>
    Overdue,

    /// <summary>Its last incarnation has ended.</summary>
    Ended,
}
