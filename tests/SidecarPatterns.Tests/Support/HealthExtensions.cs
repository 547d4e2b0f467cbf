using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

/// <summary>Asks a host for its health as a probe does: through the framework's service.</summary>
internal static class HealthExtensions
{
    /// <summary>Runs the checks with a tag and returns how they stand together.</summary>
    public static async Task<HealthStatus> CheckHealthAsync(this TestHost host, string tag) => (await ReportAsync(host, tag)).Status;

    /// <summary>Runs the checks with a tag.</summary>
    public static Task<HealthReport> ReportAsync(this TestHost host, string tag) => host.Services.GetRequiredService<HealthCheckService>()
        .CheckHealthAsync(registration => registration.Tags.Contains(tag)).InTime();

    /// <summary>Runs one sidecar's own check.</summary>
    public static async Task<HealthReportEntry> HealthOfAsync(this TestHost host, string sidecar) =>
        (await ReportAsync(host, "sidecar")).Entries["sidecar-" + sidecar];
}
