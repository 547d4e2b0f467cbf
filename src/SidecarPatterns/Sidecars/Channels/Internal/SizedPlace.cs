namespace SidecarPatterns;

/// <summary>A place in a <see cref="SizedQueue{T}"/>.</summary>
/// <param name="Message">What waits there, once it is decided.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Ordinal">Its number; a message that gives way leaves a gap in the numbers.</param>
/// <param name="State">Whether there is a message.</param>
internal readonly record struct SizedPlace<T>(T Message, long Size, MessageOrigin Origin, long Ordinal, SizedPlaceState State);

/// <summary>What a place holds.</summary>
internal enum SizedPlaceState : byte
{
    /// <summary>A message.</summary>
    Filled,

    /// <summary>Nothing yet: it is reserved.</summary>
    Undecided,

    /// <summary>Nothing: a reservation was given up.</summary>
    Void,
}
