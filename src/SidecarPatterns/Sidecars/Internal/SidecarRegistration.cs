namespace SidecarPatterns;

/// <summary>What <c>AddSidecar</c> remembers until the container is built.</summary>
internal abstract class SidecarRegistration(string name, string description)
{
    public string Name { get; } = name;

    /// <summary>What handles its messages or does its work, for error messages.</summary>
    public string Description { get; } = description;

    /// <summary>The type of its messages, if it takes any.</summary>
    public virtual Type? MessageType => null;

    /// <summary>Whether the host runs the same type as a hosted service as well.</summary>
    public virtual bool IsHostedServiceToo => false;

    /// <summary>What is not allowed in the options of a sidecar of this kind, beside what is allowed in none.</summary>
    public virtual IEnumerable<string> FindFailures(SidecarOptions options) => [];

    public abstract SidecarWorker Build(SidecarOptions options, SidecarEnvironment environment);

    public override string ToString() => MessageType is null ? $"'{Name}' ({Description})" : $"'{Name}' ({Description}, takes {MessageType})";
}
