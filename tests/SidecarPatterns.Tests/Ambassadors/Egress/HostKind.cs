namespace SidecarPatterns.Tests;

/// <summary>What a generated host is to the options.</summary>
internal enum HostKind
{
    /// <summary>They do not name it.</summary>
    Other,

    /// <summary>That of their own address.</summary>
    Base,

    /// <summary>One that they allow with a port.</summary>
    Ported,

    /// <summary>One below those that they allow.</summary>
    BelowWildcard,
}
