using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

public static partial class SidecarServiceCollectionExtensions
{
    /// <summary>
    /// Adds the governor: while the process is near the limits of its machine or container, sidecars make way for the application, those of
    /// <see cref="SidecarPriority.Low"/> first.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>SidecarGovernor</c>.</param>
    /// <returns>The same services.</returns>
    /// <remarks>
    /// <para>
    /// It reads the CPU time and the memory of the process, against the quota of its container where it has one, every
    /// <see cref="SidecarGovernorOptions.Interval"/>. Above a limit it takes shares of their time from the sidecars, one priority after the other, down to
    /// <see cref="SidecarGovernorOptions.MinShare"/>; below it gives them back, more slowly. A sidecar gives way by resting between messages; one whose queue
    /// is full and whose publishers wait does not, nor does one that answers requests, since it would hold up the application. What just runs, a source or a
    /// hosted service is not governed.
    /// </para>
    /// <para>Calls after the first only add to the options. Wrong options stop the start of the host. Not thread-safe, as no registration is.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IServiceCollection AddSidecarGovernor(this IServiceCollection services, Action<SidecarGovernorOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<SidecarGovernorOptions>, SidecarGovernorOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SidecarGovernorOptions>, SidecarGovernorOptionsSetup>());
        services.TryAddSingleton<IProcessLoad, ProcessLoad>();
        services.TryAddSingleton<SidecarGovernor>();
        return configure is null ? services : services.Configure(configure);
    }
}
