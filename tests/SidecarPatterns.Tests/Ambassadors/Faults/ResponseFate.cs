namespace SidecarPatterns.Tests;

/// <summary>What becomes of a response, the better first.</summary>
internal enum ResponseFate
{
    /// <summary>Its caller has all of it.</summary>
    Understood,

    /// <summary>Its body has more than it may have.</summary>
    TooLarge,

    /// <summary>There is none, or not all of it.</summary>
    Broken,

    /// <summary>It asks for more than a limit of ours.</summary>
    Refused,

    /// <summary>One of the above: nobody knows what it means.</summary>
    Any,
}
