using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns;

/// <summary>How one sidecar is, whatever that means for its host.</summary>
internal sealed class SidecarHealthCheck(ISidecarControl control, string name) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var sidecar = control.GetSnapshot(name);
        var status = SidecarHealth.AsRegistered(SidecarHealth.Of(sidecar), context);
        var reason = sidecar.DegradedReason is { } degraded ? $" Degraded: {degraded}" : "";
        return Task.FromResult(new HealthCheckResult(status, $"{sidecar.State} since {sidecar.Since:u}.{reason}", exception: null, DataOf(sidecar)));
    }

    // Counts and names: what a message says is its sender's affair.
    private static Dictionary<string, object> DataOf(SidecarSnapshot sidecar)
    {
        var data = new Dictionary<string, object>
        {
            ["state"] = sidecar.State.ToString(),
            ["since"] = sidecar.Since,
            ["incarnation"] = sidecar.Incarnation,
            ["restarts"] = sidecar.Restarts,
            ["queued"] = sidecar.Queued,
            ["inFlight"] = sidecar.InFlight,
            ["handled"] = sidecar.Handled,
            ["deadLettered"] = sidecar.DeadLettered,
            ["stuck"] = sidecar.Stuck,
            ["busyTime"] = sidecar.BusyTime,
        };
        if (sidecar.DegradedReason is { } reason)
        {
            data.Add("degradedReason", reason);
        }

        if (sidecar.LastError is { } error)
        {
            data.Add("lastErrorType", error.GetType().ToString());
            data.Add("lastErrorMessage", error.Message);
        }

        return data;
    }
}
