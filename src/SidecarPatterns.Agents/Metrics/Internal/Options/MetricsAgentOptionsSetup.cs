using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Sets the options of the metrics agent from the section <c>Agents:Metrics</c>, where the container has a configuration.</summary>
/// <remarks>A section with a value that can not be read is not bound at all: nothing is set half.</remarks>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
internal sealed class MetricsAgentOptionsSetup(IServiceProvider services) : IConfigureOptions<MetricsAgentOptions>
{
    /// <exception cref="OptionsValidationException">A value can not be read; every such key is named, with its value and what is allowed.</exception>
    public void Configure(MetricsAgentOptions options)
    {
        if (services.GetService<IConfiguration>() is not { } configuration)
        {
            return;
        }

        var failures = MetricsAgentOptionRules.Table.FindUnreadable(configuration);
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(MetricsAgentOptions), failures);
        }

        configuration.GetSection(MetricsAgentConstants.SectionName).Bind(options);
        options.PrometheusFile = options.PrometheusFile is "" ? null : options.PrometheusFile; // An empty key counts as not set.
        options.JsonFile = options.JsonFile is "" ? null : options.JsonFile;
    }
}
