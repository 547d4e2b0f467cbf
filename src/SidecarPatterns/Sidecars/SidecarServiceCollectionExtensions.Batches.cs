using System.Diagnostics.CodeAnalysis;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

/// <content>Sidecars that handle their messages in batches.</content>
public static partial class SidecarServiceCollectionExtensions
{
    /// <summary>Adds a sidecar that handles messages in batches of up to <see cref="SidecarOptions.BatchSize"/>.</summary>
    /// <typeparam name="TSidecar">The sidecar; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <typeparam name="TMessage">The type of its messages.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, unique without regard to case. By default the type's name without
    /// namespace and arity.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <remarks>
    /// A batch is handed over when it is full, when its oldest message is <see cref="SidecarOptions.BatchDelay"/> old, at a flush, and at the stop.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is not allowed, or is taken.</exception>
    public static ISidecarBuilder<TMessage> AddBatchSidecar<[DynamicallyAccessedMembers(Constructors)] TSidecar, TMessage>(
        this IServiceCollection services, string? name = null, Action<SidecarOptions>? configure = null)
        where TSidecar : class, IBatchSidecar<TMessage>
        where TMessage : notnull =>
        services.AddSidecarCore(
            new BatchRegistration<TMessage>(
                SidecarName.For<TSidecar>(name), typeof(TSidecar).ToString(), SidecarFactory<IBatchSidecar<TMessage>>.Of<TSidecar>()),
            configure);

    /// <summary>Adds a sidecar that handles messages in batches, under its default name.</summary>
    /// <typeparam name="TSidecar">The sidecar; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <typeparam name="TMessage">The type of its messages.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public static ISidecarBuilder<TMessage> AddBatchSidecar<[DynamicallyAccessedMembers(Constructors)] TSidecar, TMessage>(
        this IServiceCollection services, Action<SidecarOptions> configure)
        where TSidecar : class, IBatchSidecar<TMessage>
        where TMessage : notnull
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddBatchSidecar<TSidecar, TMessage>(name: null, configure);
    }
}
