using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>The registration of a sidecar without messages.</summary>
internal sealed class RunRegistration<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSidecar>(string name)
    : SidecarRegistration(name, typeof(TSidecar).ToString())
    where TSidecar : class, ISidecar
{
    public override SidecarWorker Build(SidecarOptions options, SidecarEnvironment environment)
    {
        var factory = SidecarFactory<ISidecar>.Of<TSidecar>();
        return new RunWorker(options, (services, context, current) =>
        {
            var (sidecar, owned) = factory.Create(services);
            return new RunIncarnation(sidecar, owned, context, sidecar.RunAsync, DedicatedThread.For(context.Name, current))
            {
                IsReadyOnceRunning = !current.WaitForSignal,
            };
        });
    }
}
