using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Sets the options of a sidecar from the section <c>Sidecars:&lt;name&gt;</c>, where the container has a configuration.</summary>
/// <remarks>A section with a value that cannot be read is not bound at all: nothing is set half.</remarks>
internal sealed class SidecarOptionsSetup(IServiceProvider services) : IConfigureNamedOptions<SidecarOptions>
{
    /// <summary>Options without a name are those of no sidecar.</summary>
    public void Configure(SidecarOptions options)
    {
    }

    /// <summary>Binds the section of the sidecar of this name.</summary>
    /// <exception cref="OptionsValidationException">A value cannot be read; every such key is named, with its value and what is allowed.</exception>
    public void Configure(string? name, SidecarOptions options)
    {
        // A container without a configuration is in order.
        if (string.IsNullOrEmpty(name) || services.GetService<IConfiguration>() is not { } configuration)
        {
            return;
        }

        var section = configuration.GetSection(SidecarOptionRules.SectionOf(name));
        var failures = SidecarOptionRules.Table.FindUnreadable(section);
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(name, typeof(SidecarOptions), failures);
        }

        var pipeline = options.Pipeline;
        section.Bind(options);
        if (options.Pipeline is "")
        {
            options.Pipeline = pipeline; // An empty key counts as not set, as it does for every other type.
        }
    }
}
