using System.Reflection;

namespace SidecarPatterns.Tests;

/// <summary>The assemblies that users get.</summary>
internal static class Packages
{
    public static readonly Assembly Library = typeof(ISidecar).Assembly;
    public static readonly Assembly Agents = typeof(AgentNames).Assembly;

    public static readonly Assembly[] Both = [Library, Agents];
}
