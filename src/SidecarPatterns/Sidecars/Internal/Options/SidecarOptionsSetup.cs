using Microsoft.Extensions.Configuration;
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
        if (SidecarOptionRules.Table.FindReadable(services, name, SidecarOptionRules.SectionOf) is not { } section)
        {
            return;
        }

        var pipeline = options.Pipeline;
        section.Bind(options);
        if (options.Pipeline is "")
        {
            options.Pipeline = pipeline; // An empty key counts as not set, as it does for every other type.
        }
    }
}
