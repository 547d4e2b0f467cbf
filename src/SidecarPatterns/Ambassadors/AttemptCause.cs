namespace SidecarPatterns;

/// <summary>Why a request was sent.</summary>
public enum AttemptCause
{
    /// <summary>The call's first attempt.</summary>
    First,

    /// <summary>The attempt before had failed.</summary>
    Retry,

    /// <summary>The attempt before took long, and goes on.</summary>
    Hedge,

    /// <summary>The credential had been refused, and was renewed.</summary>
    Replay,

    /// <summary>The response before was a redirect.</summary>
    Hop,
}
