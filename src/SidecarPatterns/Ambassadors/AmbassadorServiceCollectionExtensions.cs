using System.Diagnostics.CodeAnalysis;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

// The overloads differ in their type parameters or in a delegate that all callers give, so none can be taken for another.
#pragma warning disable RS0026 // Do not add multiple public overloads with optional parameters

/// <summary>Registers clients with an ambassador.</summary>
public static class AmbassadorServiceCollectionExtensions
{
    private const DynamicallyAccessedMemberTypes Constructors = DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>Adds a client with an ambassador, for <see cref="IHttpClientFactory"/>.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;</c> was bound.</param>
    /// <returns>The client's builder, for handlers, the primary handler, logging and all else that the factory offers.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="name"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddAmbassadorClient(this IServiceCollection services, string name, Action<AmbassadorOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        return services.AddHttpClient(name).AddAmbassador(configure);
    }

    /// <summary>Adds a typed client with an ambassador.</summary>
    /// <typeparam name="TClient">The client: its constructor takes an <see cref="HttpClient"/>, and whatever else the container has.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name. By default the type's.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;</c> was bound.</param>
    /// <returns>The client's builder, for handlers, the primary handler, logging and all else that the factory offers.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddAmbassadorClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services, string? name = null, Action<AmbassadorOptions>? configure = null)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(services);
        return (name is null ? services.AddHttpClient<TClient>() : services.AddHttpClient<TClient>(name)).AddAmbassador(configure);
    }

    /// <summary>Adds a typed client with an ambassador, under its default name.</summary>
    /// <typeparam name="TClient">The client: its constructor takes an <see cref="HttpClient"/>, and whatever else the container has.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;</c> was bound.</param>
    /// <returns>The client's builder, for handlers, the primary handler, logging and all else that the factory offers.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddAmbassadorClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services, Action<AmbassadorOptions> configure)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddAmbassadorClient<TClient>(name: null, configure);
    }

    /// <summary>Adds a typed client with an ambassador, by its interface, under its default name.</summary>
    /// <typeparam name="TClient">What the application injects.</typeparam>
    /// <typeparam name="TImplementation">The client: its constructor takes an <see cref="HttpClient"/>, and whatever else the container has.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;</c> was bound.</param>
    /// <returns>The client's builder, for handlers, the primary handler, logging and all else that the factory offers.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddAmbassadorClient<TClient, [DynamicallyAccessedMembers(Constructors)] TImplementation>(
        this IServiceCollection services, Action<AmbassadorOptions> configure)
        where TClient : class
        where TImplementation : class, TClient
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddAmbassadorClient<TClient, TImplementation>(name: null, configure);
    }

    /// <summary>Adds a typed client with an ambassador, by its interface.</summary>
    /// <typeparam name="TClient">What the application injects.</typeparam>
    /// <typeparam name="TImplementation">The client: its constructor takes an <see cref="HttpClient"/>, and whatever else the container has.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name. By default that of <typeparamref name="TClient"/>.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;</c> was bound.</param>
    /// <returns>The client's builder, for handlers, the primary handler, logging and all else that the factory offers.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddAmbassadorClient<TClient, [DynamicallyAccessedMembers(Constructors)] TImplementation>(
        this IServiceCollection services, string? name = null, Action<AmbassadorOptions>? configure = null)
        where TClient : class
        where TImplementation : class, TClient
    {
        ArgumentNullException.ThrowIfNull(services);
        return (name is null ? services.AddHttpClient<TClient, TImplementation>() : services.AddHttpClient<TClient, TImplementation>(name))
            .AddAmbassador(configure);
    }
}
