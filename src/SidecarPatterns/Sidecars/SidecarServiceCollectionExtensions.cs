using System.Diagnostics.CodeAnalysis;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

// The overloads differ in their type parameters or in a delegate that all callers give, so none can be taken for another.
#pragma warning disable RS0026 // Do not add multiple public overloads with optional parameters

/// <summary>Registers sidecars.</summary>
public static partial class SidecarServiceCollectionExtensions
{
    private const DynamicallyAccessedMemberTypes Constructors = DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>Adds a sidecar that just runs beside the application.</summary>
    /// <typeparam name="TSidecar">The sidecar; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, unique without regard to case. By default the type's name without
    /// namespace and arity.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is not allowed, or is taken.</exception>
    public static ISidecarBuilder AddSidecar<[DynamicallyAccessedMembers(Constructors)] TSidecar>(
        this IServiceCollection services, string? name = null, Action<SidecarOptions>? configure = null)
        where TSidecar : class, ISidecar =>
        services.AddSidecarCore(new RunRegistration<TSidecar>(SidecarName.For<TSidecar>(name)), configure);

    /// <summary>Adds a sidecar that just runs beside the application, under its default name.</summary>
    /// <typeparam name="TSidecar">The sidecar; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public static ISidecarBuilder AddSidecar<[DynamicallyAccessedMembers(Constructors)] TSidecar>(
        this IServiceCollection services, Action<SidecarOptions> configure)
        where TSidecar : class, ISidecar
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddSidecar<TSidecar>(name: null, configure);
    }

    /// <summary>Adds a sidecar that handles the messages which the application writes to <see cref="System.Threading.Channels.ChannelWriter{T}"/>.</summary>
    /// <typeparam name="TSidecar">The sidecar; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <typeparam name="TMessage">The type of its messages.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, unique without regard to case. By default the type's name without
    /// namespace and arity.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <remarks>
    /// The application injects <c>ChannelWriter&lt;TMessage&gt;</c> or <see cref="SidecarWriter{T}"/>, which feed all sidecars of the type, or
    /// <c>[FromKeyedServices("name")] ChannelWriter&lt;TMessage&gt;</c>, which feeds one.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is not allowed, or is taken.</exception>
    public static ISidecarBuilder<TMessage> AddSidecar<[DynamicallyAccessedMembers(Constructors)] TSidecar, TMessage>(
        this IServiceCollection services, string? name = null, Action<SidecarOptions>? configure = null)
        where TSidecar : class, ISidecar<TMessage>
        where TMessage : notnull =>
        services.AddSidecarCore(
            new MessageRegistration<TMessage>(
                SidecarName.For<TSidecar>(name), typeof(TSidecar).ToString(), SidecarFactory<ISidecar<TMessage>>.Of<TSidecar>()),
            configure);

    /// <summary>Adds a sidecar that handles messages, under its default name.</summary>
    /// <typeparam name="TSidecar">The sidecar; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <typeparam name="TMessage">The type of its messages.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public static ISidecarBuilder<TMessage> AddSidecar<[DynamicallyAccessedMembers(Constructors)] TSidecar, TMessage>(
        this IServiceCollection services, Action<SidecarOptions> configure)
        where TSidecar : class, ISidecar<TMessage>
        where TMessage : notnull
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddSidecar<TSidecar, TMessage>(name: null, configure);
    }

    /// <summary>Adds a sidecar that handles messages with a delegate.</summary>
    /// <typeparam name="TMessage">The type of its messages.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, unique without regard to case.</param>
    /// <param name="handler">Handles one message, as <see cref="ISidecar{TMessage}.HandleAsync"/> does.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/>, <paramref name="name"/> or <paramref name="handler"/> is
    /// <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is not allowed, or is taken.</exception>
    public static ISidecarBuilder<TMessage> AddSidecar<TMessage>(
        this IServiceCollection services,
        string name,
        Func<TMessage, SidecarContext, CancellationToken, ValueTask> handler,
        Action<SidecarOptions>? configure = null)
        where TMessage : notnull
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(handler);
        var sidecar = new DelegateSidecar<TMessage>(handler);
        return services.AddSidecarCore(
            new MessageRegistration<TMessage>(SidecarName.Checked(name), "a delegate", SidecarFactory<ISidecar<TMessage>>.Of(sidecar)),
            configure);
    }
}
