namespace SidecarPatterns;

/// <summary>A sidecar does not answer a request, since it has stopped, has failed for good, or was restarted while it handled it.</summary>
public sealed class SidecarStoppedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="sidecarName">The name of the sidecar.</param>
    /// <param name="message">What happened.</param>
    /// <param name="cause">What the sidecar failed with; <see langword="null"/> if it stopped in order.</param>
    public SidecarStoppedException(string sidecarName, string message, Exception? cause = null)
        : base(message, cause) => SidecarName = sidecarName;

    /// <summary>The name of the sidecar.</summary>
    public string SidecarName { get; }
}
