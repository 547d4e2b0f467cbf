namespace SidecarPatterns;

/// <summary>The names of the stock sidecars: in <see cref="ISidecarControl"/>, in logs and metrics, and of their sections below <c>Sidecars</c>.</summary>
public static class AgentNames
{
    /// <summary>The log agent.</summary>
    public const string Log = "log-agent";

    /// <summary>The metrics agent.</summary>
    public const string Metrics = "metrics-agent";

    /// <summary>The configuration agent.</summary>
    public const string Configuration = "configuration-agent";
}
