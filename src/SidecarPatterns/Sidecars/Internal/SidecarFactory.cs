using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>Makes instances of a sidecar: taken from the container if it is registered there, which then owns it; else made, and ours to dispose of.</summary>
internal sealed class SidecarFactory<TContract>
    where TContract : class
{
    private readonly Func<IServiceProvider, (TContract Instance, bool Owned)> _create;

    private SidecarFactory(Func<IServiceProvider, (TContract Instance, bool Owned)> create) => _create = create;

    public static SidecarFactory<TContract> Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSidecar>()
        where TSidecar : class, TContract =>
        new(static services => services.GetService<TSidecar>() is { } registered
            ? (registered, false)
            : (ActivatorUtilities.CreateInstance<TSidecar>(services), true));

    /// <summary>One instance that serves all.</summary>
    public static SidecarFactory<TContract> Of(TContract instance) => new(_ => (instance, false));

    /// <summary>The same instances, each seen as something else, which disposes of them where they are ours.</summary>
    public SidecarFactory<TOther> As<TOther>(Func<TContract, TOther> adapt)
        where TOther : class =>
        new(services =>
        {
            var (instance, owned) = _create(services);
            return (adapt(instance), owned);
        });

    public (TContract Instance, bool Owned) Create(IServiceProvider services) => _create(services);
}
