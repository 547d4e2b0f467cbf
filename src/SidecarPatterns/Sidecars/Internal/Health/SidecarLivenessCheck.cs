using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns;

/// <summary>Whether a restart of the process would help: what failed for good counts, and a handler that does not end is worth a look.</summary>
internal sealed class SidecarLivenessCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        SidecarHealth.OfAll(
            services,
            context,
            static sidecar => sidecar.State == SidecarState.Failed ? HealthStatus.Unhealthy
                : sidecar.Stuck > 0 ? HealthStatus.Degraded
                : HealthStatus.Healthy,
            "No sidecar has failed."));
}
