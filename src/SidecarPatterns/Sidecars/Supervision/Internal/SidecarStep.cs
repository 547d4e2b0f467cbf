namespace SidecarPatterns;

/// <summary>What came of the wish that a sidecar goes to a state, to be logged once no lock is held.</summary>
/// <param name="Previous">The state that it left; <see langword="null"/> if it stayed.</param>
/// <param name="Next">The state that it was to go to.</param>
internal readonly record struct SidecarStep(SidecarState? Previous, SidecarState Next);
