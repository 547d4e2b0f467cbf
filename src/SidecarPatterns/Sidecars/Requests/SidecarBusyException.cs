namespace SidecarPatterns;

/// <summary>
/// A request was dropped by a full queue whose <see cref="SidecarOptions.FullMode"/> does not let callers wait, or gave way to a later one there.
/// </summary>
public sealed class SidecarBusyException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="sidecarName">The name of the sidecar.</param>
    /// <param name="message">What happened.</param>
    public SidecarBusyException(string sidecarName, string message)
        : base(message) => SidecarName = sidecarName;

    /// <summary>The name of the sidecar.</summary>
    public string SidecarName { get; }
}
