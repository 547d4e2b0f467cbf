using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>What a sidecar's registration returns, to chain further settings on.</summary>
/// <remarks>Not thread-safe, as no registration is.</remarks>
public interface ISidecarBuilder
{
    /// <summary>The name of the sidecar.</summary>
    string Name { get; }

    /// <summary>The services that the sidecar is registered in.</summary>
    IServiceCollection Services { get; }
}
