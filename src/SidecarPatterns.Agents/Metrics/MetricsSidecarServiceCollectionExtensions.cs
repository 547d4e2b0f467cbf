using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the metrics agent.</summary>
public static class MetricsSidecarServiceCollectionExtensions
{
    /// <summary>
    /// Adds the metrics agent: a sidecar that collects from the meters of the process, hands snapshots over, and answers queries as <see
    /// cref="IMetricsAgent"/>.
    /// </summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Agents:Metrics</c> was bound.</param>
    /// <returns>The builder of its sidecar, <see cref="AgentNames.Metrics"/>.</returns>
    /// <remarks>
    /// <para>
    /// Meters count from the moment at which the sidecar starts: register it before other sidecars, so that it starts first and takes its last snapshot last.
    /// It collects from meters that
    /// belong to nobody and from those of this host's <c>IMeterFactory</c>; those of other hosts in the process are left to them.
    /// </para>
    /// <para>
    /// Sidecars that take <see cref="MetricsSnapshot"/> messages get every snapshot for which they have room; for one that is to get the last one too, which is
    /// waited for, say <see cref="SidecarBuilderExtensions.DependsOn"/> with its name.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">It was added before, or another agent has its section.</exception>
    public static ISidecarBuilder AddMetricsSidecar(this IServiceCollection services, Action<MetricsAgentOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = services.AddSidecar<MetricsAgent>(AgentNames.Metrics);
        AgentSections.ThrowIfTaken(services, MetricsAgentConstants.Section, nameof(services));
        AgentSections.Of(services).Add(MetricsAgentConstants.Section);
        AgentOptionsSetup<MetricsAgentOptions>.Add(
            services,
            MetricsAgentOptionRules.Table,
            MetricsAgentConstants.SectionName,
            static provider => provider.GetService<IConfiguration>()?.GetSection(MetricsAgentConstants.SectionName));
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddOptions<MetricsAgentOptions>().ValidateOnStart();
        services.AddSingleton(MetricsCollector.Create);
        services.AddSingleton<MetricsOutputs>();
        services.AddSingleton<MetricsInquiry>();
        services.TryAddSingleton<IMetricsAgent>(static provider => provider.GetRequiredService<MetricsInquiry>());
        return builder;
    }
}
