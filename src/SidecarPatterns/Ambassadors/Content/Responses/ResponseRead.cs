namespace SidecarPatterns;

/// <summary>How much of a response's body was read within the attempt.</summary>
internal enum ResponseRead
{
    /// <summary>All of it; it is in memory, and there is nothing left to watch.</summary>
    Whole,

    /// <summary>Its beginning: the rest comes to whoever reads on.</summary>
    Begun,

    /// <summary>Nothing of it.</summary>
    Untouched,
}
