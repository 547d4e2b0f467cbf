using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns;

/// <summary>Whether a restart of the process would help: only what failed for good counts.</summary>
internal sealed class SidecarLivenessCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        SidecarHealth.OfAll(
            services,
            context,
            static sidecar => sidecar.State == SidecarState.Failed ? HealthStatus.Unhealthy : HealthStatus.Healthy,
            "No sidecar has failed."));
}
