using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>Keeps the agent of its name at work. What the agent knows outlives an incarnation.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
internal sealed class ConfigurationAgentSidecar : ISidecar
{
    public Task RunAsync(SidecarContext context, CancellationToken ct) =>
        context.Services.GetRequiredKeyedService<ConfigurationAgent>(context.Name).RunAsync(context, ct);
}
