using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Sets the options of a group from the section <c>SidecarGroups:&lt;name&gt;</c>, where the container has a configuration.</summary>
/// <remarks>A section with a value that cannot be read is not bound at all: nothing is set half.</remarks>
internal sealed class SidecarGroupOptionsSetup(IServiceProvider services) : IConfigureNamedOptions<SidecarGroupOptions>
{
    /// <summary>Options without a name are those of no group.</summary>
    public void Configure(SidecarGroupOptions options)
    {
    }

    /// <summary>Binds the section of the group of this name.</summary>
    /// <exception cref="OptionsValidationException">A value cannot be read; every such key is named, with its value and what is allowed.</exception>
    public void Configure(string? name, SidecarGroupOptions options)
    {
        if (SidecarGroupOptionRules.Table.FindReadable(services, name, SidecarGroupOptionRules.SectionOf) is { } section)
        {
            section.Bind(options);
        }
    }
}
