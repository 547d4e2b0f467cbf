using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>What <c>AddAmbassador</c> adds to the container.</summary>
internal static class AmbassadorServices
{
    public static void AddAmbassadorCore(this IServiceCollection services, string? name, Action<AmbassadorOptions>? configure)
    {
        services.GetAmbassadorRegistry().Add(name);
        if (configure is not null)
        {
            services.Configure(name, configure);
        }

        // Where the client's own handlers stand before it, they are outside of it, and those that stand after it inside.
        services.Configure<HttpClientFactoryOptions>(name, static options => options.HttpMessageHandlerBuilderActions.Add(AmbassadorClientSetup.AddHandler));
    }

    /// <summary>Adds the sidecar that sees to the tokens of a client, unless it has one. Clients by defaults have none: there calls see to them.</summary>
    public static void AddTokenRefresher(this IServiceCollection services, string? client)
    {
        if (!string.IsNullOrEmpty(client))
        {
            services.AddSidecarOf<TokenRefresher>(client, TokenRefresher.Suffix);
        }
    }

    /// <summary>Adds the prober of a client, unless it has one.</summary>
    public static void AddProber(this IServiceCollection services, string client) =>
        services.AddSidecarOf<ProberSidecar>(client, AmbassadorProbeConstants.SidecarSuffix);

    private static void AddSidecarOf<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSidecar>(
        this IServiceCollection services, string client, string suffix)
        where TSidecar : class, ISidecar
    {
        if (services.GetAmbassadorRegistry().NameSidecar(client, suffix) is { } name)
        {
            services.AddSidecar<TSidecar>(name, static options => options.Critical = false);
        }
    }

    /// <summary>The registry of this collection; the first call adds everything that all ambassadors share.</summary>
    private static AmbassadorRegistry GetAmbassadorRegistry(this IServiceCollection services)
    {
        if (services.FindInstance<AmbassadorRegistry>() is { } existing)
        {
            return existing;
        }

        var registry = new AmbassadorRegistry();
        services.AddSingleton(registry);
        services.AddShared();
        return registry;
    }

    // Whoever has a client to build has added the factory, and the sidecar below adds options, logging and metrics.
    private static void AddShared(this IServiceCollection services)
    {
        services.AddSingleton<IConfigureOptions<AmbassadorOptions>, AmbassadorOptionsSetup>();
        services.AddSingleton<IValidateOptions<AmbassadorOptions>, AmbassadorOptionsValidator>();
        services.AddSingleton<IPostConfigureOptions<HttpClientFactoryOptions>, AmbassadorClientSetup>();
        services.AddSingleton<AmbassadorInstruments>();
        services.AddSingleton<AmbassadorCatalog>();
        services.TryAddSingleton<IAmbassadorControl, AmbassadorControl>();
        services.AddSingleton<AmbassadorStartup>();
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(static provider => provider.GetRequiredService<AmbassadorStartup>()));
        services.AddSidecar<EndpointRefresher>(AmbassadorResolutionConstants.SidecarName, static options => options.Critical = false);
    }
}
