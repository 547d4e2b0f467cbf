using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>What <c>AddConfigurationSidecar</c> does: the first version, and only then everything else, so that a failure leaves nothing behind.</summary>
internal static class ConfigurationAgentRegistration
{
    public static ISidecarBuilder Add(IHostApplicationBuilder builder, string name, Action<ConfigurationAgentOptions> configure)
    {
        ThrowIfTaken(builder.Services, name);
        var start = new AgentStart(name, builder, FindClock(builder.Services));
        var settings = new AgentSettings(start, configure);
        var provider = new AgentConfigurationProvider(name, KeyTable.Empty);
        var agent = new ConfigurationAgent(start, settings, provider);
        FirstVersion.Load(agent, start);

        var sidecar = builder.Services.AddSidecar<ConfigurationAgentSidecar>(name, options => SetDefaults(builder.Configuration, name, options));
        settings.Origin.Register(start);
        AgentSections.Of(builder.Services).Add(ConfigurationAgentConstants.SectionNameOf(name));
        builder.Services.AddKeyedSingleton(name, agent);
        builder.Services.AddKeyedSingleton<IConfigurationAgent>(name, agent);
        builder.Services.TryAddSingleton<IConfigurationAgent>(agent);
        builder.Configuration.Add(provider);
        return sidecar;
    }

    /// <summary>An application that runs goes on without its repository, unless its configuration says otherwise.</summary>
    public static void SetDefaults(IConfiguration configuration, string sidecar, SidecarOptions options)
    {
        if (string.IsNullOrEmpty(configuration[$"Sidecars:{sidecar}:{nameof(options.Critical)}"]))
        {
            options.Critical = false;
        }
    }

    private static void ThrowIfTaken(IServiceCollection services, string name)
    {
        if (services.Any(service =>
            service.IsKeyedService
            && service.ServiceType == typeof(ConfigurationAgent)
            && name.Equals(service.ServiceKey as string, StringComparison.OrdinalIgnoreCase)))
        {
            throw new ArgumentException($"There is a configuration agent '{name}' already: give a second one a name of its own.", nameof(name));
        }

        AgentSections.ThrowIfTaken(services, ConfigurationAgentConstants.SectionNameOf(name), nameof(name));
    }

    // There is no container to ask yet.
    private static TimeProvider FindClock(IServiceCollection services) =>
        services.LastOrDefault(static service => !service.IsKeyedService && service.ServiceType == typeof(TimeProvider))?.ImplementationInstance as TimeProvider
        ?? TimeProvider.System;
}
