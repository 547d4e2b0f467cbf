using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>The registration of a hosted service that runs as a sidecar.</summary>
/// <param name="name">The sidecar's name.</param>
/// <param name="services">Where it is registered; looked at when the host starts, for only then is everything there.</param>
internal sealed class HostedRegistration<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TService>(
    string name, IServiceCollection services)
    : SidecarRegistration(name, typeof(TService).ToString())
    where TService : class, IHostedService
{
    public override bool IsHostedServiceToo => services.Any(static descriptor =>
        descriptor.ServiceType == typeof(IHostedService) && !descriptor.IsKeyedService && IsOfService(descriptor));

    public override SidecarWorker Build(SidecarOptions options, SidecarEnvironment environment)
    {
        var factory = SidecarFactory<IHostedService>.Of<TService>();
        return new RunWorker(options, (provider, context, current) =>
        {
            var (service, owned) = factory.Create(provider);
            return new HostedIncarnation(service, owned, context, current.DrainTimeout) { IsReadyOnceRunning = !current.WaitForSignal };
        });
    }

    // Each way in which AddHostedService and its like can name the type.
    private static bool IsOfService(ServiceDescriptor descriptor) =>
        descriptor.ImplementationType == typeof(TService) ||
        descriptor.ImplementationInstance is TService ||
        descriptor.ImplementationFactory is Func<IServiceProvider, TService>;
}
