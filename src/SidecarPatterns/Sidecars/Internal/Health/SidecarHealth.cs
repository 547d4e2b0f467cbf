using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns;

/// <summary>What states mean for health.</summary>
internal static class SidecarHealth
{
    /// <summary>The health of one sidecar by itself.</summary>
    public static HealthStatus Of(SidecarSnapshot sidecar) => sidecar.State switch
    {
        SidecarState.Ready or SidecarState.Paused when sidecar.DegradedReason is not null => HealthStatus.Degraded,
        SidecarState.Ready or SidecarState.Paused or SidecarState.Stopped => HealthStatus.Healthy,
        SidecarState.Degraded when !sidecar.Critical => HealthStatus.Degraded,
        _ => HealthStatus.Unhealthy,
    };

    /// <summary>A report on all sidecars: as healthy as the least healthy one, of which an optional one can not do more than degrade it.</summary>
    public static HealthCheckResult OfAll(
        IServiceProvider services, HealthCheckContext context, Func<SidecarSnapshot, HealthStatus> judge, string healthy)
    {
        var worst = HealthStatus.Healthy;
        var data = new Dictionary<string, object>();
        var complaints = new List<string>();
        foreach (var sidecar in services.GetService<ISidecarControl>()?.GetSnapshots() ?? [])
        {
            data.Add(sidecar.Name, sidecar.State.ToString());
            var status = judge(sidecar);
            if (status != HealthStatus.Healthy)
            {
                complaints.Add($"'{sidecar.Name}' is {Describe(sidecar)}");
                worst = Worse(worst, sidecar.Critical ? status : HealthStatus.Degraded);
            }
        }

        var description = complaints.Count == 0 ? healthy : string.Join(", ", complaints) + ".";
        return new HealthCheckResult(AsRegistered(worst, context), description, exception: null, data);
    }

    private static string Describe(SidecarSnapshot sidecar) =>
        sidecar.Stuck > 0 ? $"stuck ({sidecar.State})"
        : sidecar.DegradedReason is { } reason ? $"degraded ({reason})"
        : sidecar.State.ToString();

    /// <summary>What the check's registration calls unhealthy.</summary>
    public static HealthStatus AsRegistered(HealthStatus status, HealthCheckContext context) =>
        status == HealthStatus.Unhealthy ? context.Registration.FailureStatus : status;

    // The better a status, the greater its number.
    private static HealthStatus Worse(HealthStatus one, HealthStatus other) => one < other ? one : other;
}
