using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers health checks of ambassadors.</summary>
public static class AmbassadorHealthChecksBuilderExtensions
{
    /// <summary>Adds one check for each ambassador that was registered by name (<c>ambassador-NAME</c>, tag <c>ambassador</c>).</summary>
    /// <param name="builder">The health checks to add to.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// A check is degraded while the circuit is open or half-open, the ambassador is drained, or its credential can not be had or renewed, and never unhealthy:
    /// another's outage is no reason to restart this application. Its data show the snapshot. A second call adds nothing.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHealthChecksBuilder AddAmbassadorHealthChecks(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<HealthCheckServiceOptions>, AmbassadorHealthChecksSetup>());
        return builder;
    }
}
