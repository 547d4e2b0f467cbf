using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers health checks of sidecars.</summary>
public static class SidecarHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a liveness check (<c>sidecars-live</c>, tag <c>live</c>), a readiness check (<c>sidecars-ready</c>, tag <c>ready</c>) and one check
    /// for each sidecar (<c>sidecar-NAME</c>, tag <c>sidecar</c>).
    /// </summary>
    /// <param name="builder">The health checks to add to.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// <para>Every sidecar is covered, also one that is registered later. A second call adds nothing.</para>
    /// <para>
    /// A sidecar's own check is healthy while it is <see cref="SidecarState.Ready"/> or <see cref="SidecarState.Paused"/>, and once it has
    /// <see cref="SidecarState.Stopped"/> in order; degraded while an optional one is <see cref="SidecarState.Degraded"/>, or any says so itself by
    /// <see cref="SidecarContext.ReportDegraded"/>; unhealthy otherwise. Its
    /// data show the state and the account, and the last error's type and message, never the content of a message.
    /// </para>
    /// <para>
    /// The host is ready once each critical sidecar is healthy, and not once it has begun to stop. It is alive unless a critical sidecar has
    /// <see cref="SidecarState.Failed"/>. An optional sidecar that is not healthy makes a degraded report of either, never an unhealthy one.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHealthChecksBuilder AddSidecarHealthChecks(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<HealthCheckServiceOptions>, SidecarHealthChecksSetup>());
        return builder;
    }
}
