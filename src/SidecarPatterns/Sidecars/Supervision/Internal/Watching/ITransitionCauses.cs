namespace SidecarPatterns;

/// <summary>Knows why a sidecar goes where it goes.</summary>
/// <remarks>Not a delegate: there would be one for each idle sidecar, and their memory counts.</remarks>
internal interface ITransitionCauses
{
    /// <summary>Called under the lock of the sidecar's life, as it goes to a state.</summary>
    /// <returns><see langword="null"/> if there is nothing to say.</returns>
    TransitionCause? CauseOf(SidecarState state);
}
