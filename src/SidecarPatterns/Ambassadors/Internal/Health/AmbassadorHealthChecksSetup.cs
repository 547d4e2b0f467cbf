using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Lists the checks once health is first asked for: by then all ambassadors are registered.</summary>
internal sealed class AmbassadorHealthChecksSetup(IServiceProvider services) : IConfigureOptions<HealthCheckServiceOptions>
{
    public void Configure(HealthCheckServiceOptions options)
    {
        foreach (var name in services.GetService<AmbassadorRegistry>()?.Names ?? [])
        {
            options.Registrations.Add(new HealthCheckRegistration(
                "ambassador-" + name,
                provider => new AmbassadorHealthCheck(provider.GetRequiredService<IAmbassadorControl>(), name),
                failureStatus: null,
                ["ambassador"]));
        }
    }
}
