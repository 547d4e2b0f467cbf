namespace SidecarPatterns;

/// <summary>A critical sidecar could not be started, so the host does not start.</summary>
public sealed class SidecarStartException : Exception
{
    internal SidecarStartException(string sidecarName, string message, Exception? cause)
        : base(message, cause) => SidecarName = sidecarName;

    /// <summary>The name of the sidecar.</summary>
    public string SidecarName { get; }
}
