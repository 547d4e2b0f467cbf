using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>The registration of a sidecar without messages.</summary>
internal sealed class RunRegistration<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSidecar>(string name)
    : SidecarRegistration(name, typeof(TSidecar).ToString())
    where TSidecar : class, ISidecar
{
    public override SidecarWorker Build(SidecarOptions options, SidecarEnvironment environment) =>
        new RunWorker(SidecarFactory<ISidecar>.Of<TSidecar>(), options);
}
