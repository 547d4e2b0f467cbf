namespace SidecarPatterns;

/// <summary>What happens when an incarnation of a sidecar ends before it was told to.</summary>
public enum RestartPolicy
{
    /// <summary>Restart after a failure; a normal return of <see cref="ISidecar.RunAsync"/> ends the sidecar in order. The default.</summary>
    OnFailure = 0,

    /// <summary>Restart after a failure and after a normal return alike.</summary>
    Always = 1,

    /// <summary>Never restart: the first failure is for good.</summary>
    Never = 2,
}
