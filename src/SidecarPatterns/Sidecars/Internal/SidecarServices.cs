using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>What <c>AddSidecar</c> adds to the container.</summary>
internal static class SidecarServices
{
    public static ISidecarBuilder AddSidecarCore(
        this IServiceCollection services, SidecarRegistration registration, Action<SidecarOptions>? configure)
    {
        services.AddRegistration(registration, configure);
        return new SidecarBuilder(registration.Name, services);
    }

    public static ISidecarBuilder<T> AddSidecarCore<T>(
        this IServiceCollection services, MessageRegistration<T> registration, Action<SidecarOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        var isFirstOfType = !services.GetRegistry().HasMessagesOf<T>();
        services.AddRegistration(registration, configure);
        services.AddWriters<T>(registration.Name, isFirstOfType);
        return new SidecarBuilder<T>(registration, services);
    }

    public static ISidecarBuilder AddSidecarCore<T>(
        this IServiceCollection services, SourceRegistration<T> registration, Action<SidecarOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        var isFirstOfType = !services.GetRegistry().HasSourceOf<T>();
        services.AddRegistration(registration, configure);
        services.AddReaders<T>(registration.Name, isFirstOfType);
        return new SidecarBuilder(registration.Name, services);
    }

    public static ISidecarBuilder<TRequest> AddSidecarCore<TRequest, TReply>(
        this IServiceCollection services, RequestRegistration<TRequest, TReply> registration, Action<SidecarOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.GetRegistry().ThrowIfAnswered(registration);
        services.AddRegistration(registration, configure);
        services.AddClients<TRequest, TReply>(registration.Name);
        return new RequestSidecarBuilder<TRequest, TReply>(registration, services);
    }

    public static IServiceCollection AddGroupCore(
        this IServiceCollection services, GroupRegistration registration, Action<SidecarGroupOptions>? configure)
    {
        services.GetRegistry().Add(registration);
        return configure is null ? services : services.Configure(registration.Name, configure);
    }

    /// <summary>The registration that a builder goes on with.</summary>
    /// <exception cref="ArgumentException">There is none: somebody else made the builder.</exception>
    public static SidecarRegistration FindRegistration(this ISidecarBuilder builder) =>
        builder.Services.GetRegistry().Find(builder.Name)
        ?? throw new ArgumentException($"The builder's services have no sidecar that is named '{builder.Name}'.", nameof(builder));

    private static void AddRegistration(
        this IServiceCollection services, SidecarRegistration registration, Action<SidecarOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.GetRegistry().Add(registration);
        if (configure is not null)
        {
            services.Configure(registration.Name, configure);
        }
    }

    private static void AddWriters<T>(this IServiceCollection services, string name, bool isFirstOfType)
    {
        services.AddKeyedSingleton(name, static (provider, key) => provider.GetRequiredService<SidecarCatalog>().GetWriter<T>((string)key!));
        services.AddKeyedSingleton<ChannelWriter<T>>(name, static (provider, key) => provider.GetRequiredKeyedService<SidecarWriter<T>>(key));
        if (isFirstOfType)
        {
            services.AddSingleton(static provider => provider.GetRequiredService<SidecarCatalog>().GetWriter<T>());
            services.AddSingleton<ChannelWriter<T>>(static provider => provider.GetRequiredService<SidecarWriter<T>>());
        }
    }

    private static void AddReaders<T>(this IServiceCollection services, string name, bool isFirstOfType)
    {
        services.AddKeyedSingleton(name, static (provider, key) => provider.GetRequiredService<SidecarCatalog>().GetReader<T>((string)key!));
        if (isFirstOfType)
        {
            services.AddSingleton(static provider => provider.GetRequiredService<SidecarCatalog>().GetReader<T>());
        }
    }

    private static void AddClients<TRequest, TReply>(this IServiceCollection services, string name)
    {
        services.AddKeyedSingleton(
            name, static (provider, key) => provider.GetRequiredService<SidecarCatalog>().GetClient<TRequest, TReply>((string)key!));
        services.AddSingleton(provider => provider.GetRequiredKeyedService<SidecarClient<TRequest, TReply>>(name));
    }

    /// <summary>The registry of this collection; the first call adds everything that all sidecars share.</summary>
    private static SidecarRegistry GetRegistry(this IServiceCollection services)
    {
        if (services.FindInstance<SidecarRegistry>() is { } existing)
        {
            return existing;
        }

        var registry = new SidecarRegistry();
        services.AddSingleton(registry);
        services.AddShared();
        return registry;
    }

    private static void AddShared(this IServiceCollection services)
    {
        services.AddLogging(); // Which adds options too.
        services.AddMetrics();
        services.AddSingleton<IConfigureOptions<SidecarOptions>, SidecarOptionsSetup>();
        services.AddSingleton<IValidateOptions<SidecarOptions>, SidecarOptionsValidator>();
        services.AddSingleton<IConfigureOptions<SidecarGroupOptions>, SidecarGroupOptionsSetup>();
        services.AddSingleton<IValidateOptions<SidecarGroupOptions>, SidecarGroupOptionsValidator>();
        services.AddSingleton<SidecarInstruments>();
        services.AddSingleton<SidecarEnvironment>();
        services.AddSingleton<SidecarCatalog>();
        services.AddSingleton<SidecarCoordinator>();
        services.TryAddSingleton<ISidecarControl, SidecarControl>();
        services.TryAddSingleton(typeof(SidecarWriter<>), typeof(UnknownSidecarWriter<>));
        services.TryAddSingleton(typeof(SidecarClient<,>), typeof(UnknownSidecarClient<,>));

        // Before all other hosted services: sidecars start before and stop after them.
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(
            static provider => provider.GetRequiredService<SidecarCoordinator>()));
    }
}
