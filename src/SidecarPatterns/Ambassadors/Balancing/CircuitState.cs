namespace SidecarPatterns;

/// <summary>Whether requests are let through to an endpoint.</summary>
public enum CircuitState
{
    /// <summary>All are.</summary>
    Closed,

    /// <summary>None is, until the break is over.</summary>
    Open,

    /// <summary>One at a time is, to find out whether the endpoint has recovered.</summary>
    HalfOpen,

    /// <summary>None is, until it is released: <see cref="IAmbassadorControl.ForceOpen"/>.</summary>
    ForcedOpen,

    /// <summary>All are, whatever happens, until it is released: <see cref="IAmbassadorControl.ForceClosed"/>.</summary>
    ForcedClosed,
}
