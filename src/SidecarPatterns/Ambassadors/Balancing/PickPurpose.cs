namespace SidecarPatterns;

/// <summary>What an endpoint is wanted for.</summary>
internal enum PickPurpose
{
    /// <summary>An attempt: it may find out how an endpoint is that is not known, or was left alone.</summary>
    Attempt,

    /// <summary>A hedge: it is sent only where it is safe, to an endpoint that is in order and that the call has not been to.</summary>
    Hedge,
}
