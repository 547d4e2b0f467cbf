using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>Whether the host can be given work: no critical sidecar keeps it from that, and it is not about to stop.</summary>
internal sealed class SidecarReadinessCheck(IServiceProvider services) : IHealthCheck
{
    // The lifetime is told before the sidecars are: whoever sends work is to turn away as early as possible.
    private bool HostIsStopping =>
        services.GetService<IHostApplicationLifetime>() is { ApplicationStopping.IsCancellationRequested: true } ||
        services.GetService<SidecarCatalog>() is { HostIsStopping: true };

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        HostIsStopping
            ? new HealthCheckResult(SidecarHealth.AsRegistered(HealthStatus.Unhealthy, context), "The host is stopping.")
            : SidecarHealth.OfAll(services, context, SidecarHealth.Of, "Every sidecar is ready."));
}
