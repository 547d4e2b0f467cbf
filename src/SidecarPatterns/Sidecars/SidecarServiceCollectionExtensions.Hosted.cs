using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

public static partial class SidecarServiceCollectionExtensions
{
    /// <summary>Runs an existing hosted service, as it is, as a sidecar: started before the application, stopped after it, restarted when it fails.</summary>
    /// <typeparam name="TService">
    /// An <see cref="IHostedService"/>, <see cref="BackgroundService"/> or <see cref="IHostedLifecycleService"/>; taken from the container if it
    /// is registered there under its own type, else made with its dependencies injected.
    /// </typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="name">Its name: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, unique without regard to case. By default the type's name without
    /// namespace and arity.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <remarks>
    /// <para>It is ready once <c>StartingAsync</c>, <c>StartAsync</c> and <c>StartedAsync</c> have completed, and it stops with
    /// <c>StoppingAsync</c>, <c>StopAsync</c> and <c>StoppedAsync</c>, whose token is cancelled when its time to drain is over. A phase that its type does
    /// not have is left out; an exception in the first start fails the start of the host, if the sidecar is critical.</para>
    /// <para>A <see cref="BackgroundService"/> fails when its <see cref="BackgroundService.ExecuteTask"/> does. One whose <c>ExecuteAsync</c> returns
    /// has done its work: it is stopped and disposed of, and is <see cref="SidecarState.Stopped"/>, unless <see cref="RestartPolicy.Always"/> is set.
    /// Whatever has ended is stopped before its successor, a fresh instance in a fresh scope, is made. An instance that the container holds as a
    /// singleton is the same again.</para>
    /// <para>Do not register the same type with <c>AddHostedService</c> as well: it would run twice, of which the log warns.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is not allowed, or is taken.</exception>
    public static ISidecarBuilder AddHostedSidecar<[DynamicallyAccessedMembers(Constructors)] TService>(
        this IServiceCollection services, string? name = null, Action<SidecarOptions>? configure = null)
        where TService : class, IHostedService =>
        services.AddSidecarCore(new HostedRegistration<TService>(SidecarName.For<TService>(name), services), configure);

    /// <summary>Runs an existing hosted service, as it is, as a sidecar, under its default name.</summary>
    /// <typeparam name="TService">
    /// An <see cref="IHostedService"/>, <see cref="BackgroundService"/> or <see cref="IHostedLifecycleService"/>; taken from the container if it
    /// is registered there under its own type, else made with its dependencies injected.
    /// </typeparam>
    /// <param name="services">The services to add to.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public static ISidecarBuilder AddHostedSidecar<[DynamicallyAccessedMembers(Constructors)] TService>(
        this IServiceCollection services, Action<SidecarOptions> configure)
        where TService : class, IHostedService
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddHostedSidecar<TService>(name: null, configure);
    }
}
