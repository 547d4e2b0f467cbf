using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Sets the options of an ambassador from the section <c>Ambassadors:&lt;name&gt;</c>, where the container has a configuration.</summary>
/// <remarks>A section with a value that cannot be read is not bound at all: nothing is set half.</remarks>
internal sealed class AmbassadorOptionsSetup(IServiceProvider services) : IConfigureNamedOptions<AmbassadorOptions>
{
    /// <summary>Options without a name are those of no ambassador.</summary>
    public void Configure(AmbassadorOptions options)
    {
    }

    /// <summary>Binds the section of the ambassador of this name.</summary>
    /// <exception cref="OptionsValidationException">A value cannot be read; every such key is named, with its value and what is allowed.</exception>
    public void Configure(string? name, AmbassadorOptions options)
    {
        if (AmbassadorOptionRules.Table.FindReadable(services, name, AmbassadorOptionRules.SectionOf) is { } section)
        {
            section.Bind(options);
        }
    }
}
