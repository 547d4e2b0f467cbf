namespace SidecarPatterns;

/// <summary>A configuration agent has no version to start with.</summary>
/// <remarks>Its message says what was wrong with the source, and with the copy on disk if there is one, without any value of the configuration.</remarks>
public sealed class ConfigurationAgentException : Exception
{
    internal ConfigurationAgentException(string agentName, string message, Exception? cause)
        : base(message, cause) => AgentName = agentName;

    /// <summary>The name of the agent's sidecar.</summary>
    public string AgentName { get; }
}
