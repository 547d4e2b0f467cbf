using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>Makes instances of a sidecar: taken from the container if it is registered there, which then owns it; else made, and ours to dispose of.</summary>
internal abstract class SidecarFactory<TContract>
    where TContract : class
{
    public static SidecarFactory<TContract> Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSidecar>()
        where TSidecar : class, TContract => new Maker<TSidecar>();

    /// <summary>One instance that serves all.</summary>
    public static SidecarFactory<TContract> Of(TContract instance) => new Giver(instance);

    public abstract (TContract Instance, bool Owned) Create(IServiceProvider services);

    /// <summary>The same instances, each seen as something else, which disposes of them where they are ours.</summary>
    public SidecarFactory<TOther> As<TOther>(Func<TContract, TOther> adapt)
        where TOther : class => new Adapter<TOther>(this, adapt);

    private sealed class Adapter<TOther>(SidecarFactory<TContract> inner, Func<TContract, TOther> adapt) : SidecarFactory<TOther>
        where TOther : class
    {
        public override (TOther Instance, bool Owned) Create(IServiceProvider services)
        {
            var (instance, owned) = inner.Create(services);
            return (adapt(instance), owned);
        }
    }

    private sealed class Giver(TContract instance) : SidecarFactory<TContract>
    {
        public override (TContract Instance, bool Owned) Create(IServiceProvider services) => (instance, false);
    }

    /// <summary>Finds out how instances are best made, for there may be one for every message.</summary>
    private sealed class Maker<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSidecar> : SidecarFactory<TContract>
        where TSidecar : class, TContract
    {
        // A factory is worth its memory only where there is more than the one instance of an incarnation.
        private const int FewInstances = 4;

        private int _made;
        private ObjectFactory<TSidecar>? _make;
        private bool _asks = true; // Whether the container is asked first.

        public override (TContract Instance, bool Owned) Create(IServiceProvider services)
        {
            if (_make is { } make)
            {
                return (make(services, null), true);
            }

            if (_asks && services.GetService<TSidecar>() is { } registered)
            {
                return (registered, false);
            }

            if (++_made == FewInstances)
            {
                Learn(services);
            }

            return (ActivatorUtilities.CreateInstance<TSidecar>(services), true);
        }

        private void Learn(IServiceProvider services)
        {
            _asks = services.GetService<IServiceProviderIsService>() is not { } known || known.IsService(typeof(TSidecar));

            // Where there are several constructors, the container's own rules choose among them each time.
            if (!_asks && typeof(TSidecar).GetConstructors().Length == 1)
            {
                _make = ActivatorUtilities.CreateFactory<TSidecar>([]);
            }
        }
    }
}
