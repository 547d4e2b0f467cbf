using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns;

/// <summary>The health of one ambassador.</summary>
internal sealed class AmbassadorHealthCheck(IAmbassadorControl control, string name) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var snapshot = control.GetSnapshot(name);
        var isClosed = snapshot.Circuit is CircuitState.Closed or CircuitState.ForcedClosed;
        var isHealthy = isClosed && snapshot is { IsDrained: false, EndpointsStaleFor: null, Credential: not { IsFailing: true } };
        var description = isHealthy ? $"The circuit is {snapshot.Circuit}."
            : snapshot.IsDrained ? "It was drained."
            : isClosed && snapshot.Credential is { IsFailing: true } credential ? DescribeCredential(credential)
            : snapshot is { EndpointsStaleFor: { } stale, Circuit: CircuitState.Closed or CircuitState.ForcedClosed }
                ? $"The endpoints could not be found out anew for {stale:c}. Calls go to those that are known."
            : $"The circuit is {snapshot.Circuit} since {snapshot.CircuitSince:u}; the last error was {snapshot.LastError ?? "none"}.";
        return Task.FromResult(new HealthCheckResult(
            isHealthy ? HealthStatus.Healthy : HealthStatus.Degraded, description, exception: null, DataOf(snapshot)));
    }

    private static string DescribeCredential(CredentialSnapshot credential) => credential.IsUsable
        ? $"The credential could not be renewed: {credential.LastError}. Calls use the one that is there."
        : $"There is no credential: {credential.LastError}. Calls fail.";

    private static Dictionary<string, object> DataOf(AmbassadorSnapshot snapshot)
    {
        var data = new Dictionary<string, object>
        {
            ["circuit"] = snapshot.Circuit.ToString(),
            ["circuitSince"] = snapshot.CircuitSince,
            ["calls"] = snapshot.Calls,
            ["succeeded"] = snapshot.Succeeded,
            ["failed"] = snapshot.Failed,
            ["cancelled"] = snapshot.Cancelled,
            ["refused"] = snapshot.Refused,
            ["inFlight"] = snapshot.InFlight,
            ["budgetLeft"] = snapshot.BudgetLeft,
        };
        if (snapshot.Credential is { } credential)
        {
            data["credential"] = credential.Kind;
            data["credentialUsable"] = credential.IsUsable;
        }

        (string, object?)[] known =
        [
            ("p50", snapshot.P50), ("p95", snapshot.P95), ("p99", snapshot.P99),
            ("lastError", snapshot.LastError), ("credentialError", snapshot.Credential?.LastError),
        ];
        foreach (var (key, value) in known)
        {
            if (value is not null)
            {
                data[key] = value;
            }
        }

        return data;
    }
}
