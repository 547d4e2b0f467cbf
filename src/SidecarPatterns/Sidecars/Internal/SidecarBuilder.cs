using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <inheritdoc cref="ISidecarBuilder"/>
internal sealed class SidecarBuilder(string name, IServiceCollection services) : ISidecarBuilder
{
    public string Name { get; } = name;

    public IServiceCollection Services { get; } = services;
}
