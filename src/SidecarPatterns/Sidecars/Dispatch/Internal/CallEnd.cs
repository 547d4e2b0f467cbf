namespace SidecarPatterns;

/// <summary>How a call that is bounded by a <see cref="CallTimeout"/> ended.</summary>
internal enum CallEnd
{
    InTime = 0,

    /// <summary>It took too long, and its token was cancelled.</summary>
    TimedOut = 1,

    /// <summary>It ended just as it was being given up on: its lane is told to end, or will be in a moment.</summary>
    GivenUp = 2,
}
