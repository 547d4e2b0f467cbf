using System.Diagnostics.CodeAnalysis;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

// As in the main part: the overloads differ in their type parameters or in a delegate that all callers give.
#pragma warning disable RS0026 // Do not add multiple public overloads with optional parameters

public static partial class SidecarServiceCollectionExtensions
{
    /// <summary>Adds a sidecar that answers requests, which the application asks through <see cref="SidecarClient{TRequest, TReply}"/>.</summary>
    /// <typeparam name="TSidecar">The sidecar; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <typeparam name="TRequest">The type of its requests.</typeparam>
    /// <typeparam name="TReply">The type of its replies.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, unique without regard to case. By default the type's name without
    /// namespace and arity.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings; its delegates are given the request.</returns>
    /// <remarks>
    /// The application injects <c>SidecarClient&lt;TRequest, TReply&gt;</c>, plainly or with <c>[FromKeyedServices("name")]</c>: both are the same object.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is not allowed, or is taken; or another sidecar answers the same pair of types: the message names
    /// both.</exception>
    public static ISidecarBuilder<TRequest> AddSidecar<[DynamicallyAccessedMembers(Constructors)] TSidecar, TRequest, TReply>(
        this IServiceCollection services, string? name = null, Action<SidecarOptions>? configure = null)
        where TSidecar : class, ISidecar<TRequest, TReply>
        where TRequest : notnull =>
        services.AddSidecarCore(
            new RequestRegistration<TRequest, TReply>(
                SidecarName.For<TSidecar>(name), typeof(TSidecar).ToString(), SidecarFactory<ISidecar<TRequest, TReply>>.Of<TSidecar>()),
            configure);

    /// <summary>Adds a sidecar that answers requests, under its default name.</summary>
    /// <typeparam name="TSidecar">The sidecar; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <typeparam name="TRequest">The type of its requests.</typeparam>
    /// <typeparam name="TReply">The type of its replies.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings; its delegates are given the request.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is taken, or another sidecar answers the same pair of types: the message names both.</exception>
    public static ISidecarBuilder<TRequest> AddSidecar<[DynamicallyAccessedMembers(Constructors)] TSidecar, TRequest, TReply>(
        this IServiceCollection services, Action<SidecarOptions> configure)
        where TSidecar : class, ISidecar<TRequest, TReply>
        where TRequest : notnull
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddSidecar<TSidecar, TRequest, TReply>(name: null, configure);
    }
}
