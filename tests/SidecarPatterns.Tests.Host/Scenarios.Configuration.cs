using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests.Host;

/// <summary>What the configuration agent leaves when its process is killed. Its file is named in <c>CONFIGURATION_FILE</c>.</summary>
internal static partial class Scenarios
{
    private static Action<ISidecarControl> WriteCopies(IServiceCollection services)
    {
        services.AddSidecar<string>("idle", static (_, _, _) => default); // The agent is in a host of its own.
        services.AddHostedService<CopyWriter>();
        return static _ => { };
    }
}
