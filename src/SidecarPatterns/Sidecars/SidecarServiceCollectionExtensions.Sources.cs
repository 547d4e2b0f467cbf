using System.Diagnostics.CodeAnalysis;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

public static partial class SidecarServiceCollectionExtensions
{
    /// <summary>Adds a sidecar that feeds the application, which reads from <see cref="System.Threading.Channels.ChannelReader{T}"/>.</summary>
    /// <typeparam name="TSource">The source; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <typeparam name="T">The type of its messages.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, unique without regard to case. By default the type's name without
    /// namespace and arity.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <remarks>
    /// <para>The application injects <c>ChannelReader&lt;T&gt;</c>, or <c>[FromKeyedServices("name")] ChannelReader&lt;T&gt;</c>. With two sources of
    /// one type only the latter can be had: the former fails at resolution with an error that names them. The reader is thread-safe, for any
    /// number of readers, each of whom gets messages that no other gets.</para>
    /// <para>The reader completes when the sidecar is <see cref="SidecarState.Stopped"/>, or <see cref="SidecarState.Failed"/> with the cause, and not at a
    /// restart. What has been read counts as handled; what is unread once the sidecar has stopped with the host counts as abandoned.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is not allowed, or is taken.</exception>
    public static ISidecarBuilder AddSidecarSource<[DynamicallyAccessedMembers(Constructors)] TSource, T>(
        this IServiceCollection services, string? name = null, Action<SidecarOptions>? configure = null)
        where TSource : class, ISidecarSource<T>
        where T : notnull =>
        services.AddSidecarCore(
            new SourceRegistration<T>(
                SidecarName.For<TSource>(name), typeof(TSource).ToString(), SidecarFactory<ISidecarSource<T>>.Of<TSource>()),
            configure);

    /// <summary>Adds a sidecar that feeds the application, under its default name.</summary>
    /// <typeparam name="TSource">The source; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <typeparam name="T">The type of its messages.</typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public static ISidecarBuilder AddSidecarSource<[DynamicallyAccessedMembers(Constructors)] TSource, T>(
        this IServiceCollection services, Action<SidecarOptions> configure)
        where TSource : class, ISidecarSource<T>
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddSidecarSource<TSource, T>(name: null, configure);
    }
}
