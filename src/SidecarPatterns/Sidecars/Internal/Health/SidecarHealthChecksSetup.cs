using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Lists the checks once health is first asked for: by then all sidecars are registered.</summary>
internal sealed class SidecarHealthChecksSetup(IServiceProvider services) : IConfigureOptions<HealthCheckServiceOptions>
{
    public void Configure(HealthCheckServiceOptions options)
    {
        Add("sidecars-live", "live", static provider => new SidecarLivenessCheck(provider));
        Add("sidecars-ready", "ready", static provider => new SidecarReadinessCheck(provider));
        foreach (var registration in services.GetService<SidecarRegistry>()?.Registrations ?? [])
        {
            Add(
                "sidecar-" + registration.Name,
                "sidecar",
                provider => new SidecarHealthCheck(provider.GetRequiredService<ISidecarControl>(), registration.Name));
        }

        void Add(string name, string tag, Func<IServiceProvider, IHealthCheck> factory) =>
            options.Registrations.Add(new HealthCheckRegistration(name, factory, failureStatus: null, [tag]));
    }
}
