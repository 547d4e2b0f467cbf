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
        where TSidecar : class, TContract => new(new Maker<TSidecar>().Make);

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

    /// <summary>Finds out once how instances are made, for there may be one for every message.</summary>
    private sealed class Maker<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSidecar>
        where TSidecar : class, TContract
    {
        private const int FewInstances = 4;

        private Func<IServiceProvider, (TContract, bool)>? _make;

        public (TContract Instance, bool Owned) Make(IServiceProvider services) => (_make ??= Choose(services))(services);

        private static Func<IServiceProvider, (TContract, bool)> Choose(IServiceProvider services)
        {
            if (services.GetService<IServiceProviderIsService>() is not { } known || known.IsService(typeof(TSidecar)))
            {
                return static services => services.GetService<TSidecar>() is { } registered
                    ? (registered, false)
                    : (ActivatorUtilities.CreateInstance<TSidecar>(services), true);
            }

            // Where there are several constructors, the container's own rules choose among them each time.
            if (typeof(TSidecar).GetConstructors().Length != 1)
            {
                return static services => (ActivatorUtilities.CreateInstance<TSidecar>(services), true);
            }

            // A factory is worth its memory only where there is more than the one instance of an incarnation.
            ObjectFactory<TSidecar>? create = null;
            var made = 0;
            return services => made++ < FewInstances
                ? (ActivatorUtilities.CreateInstance<TSidecar>(services), true)
                : ((create ??= ActivatorUtilities.CreateFactory<TSidecar>([]))(services, null), true);
        }
    }
}
