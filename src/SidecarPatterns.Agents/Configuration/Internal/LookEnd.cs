namespace SidecarPatterns;

/// <summary>How a look for a version ended.</summary>
internal enum LookEnd
{
    /// <summary>There is the version in force.</summary>
    Unchanged,

    /// <summary>There was another one, which is in force now.</summary>
    Adopted,

    /// <summary>There was another one, which is not in order.</summary>
    Refused,

    /// <summary>There was nobody to ask.</summary>
    Failed,

    /// <summary>It was given up for another look, and is in no count.</summary>
    GivenUp,
}
