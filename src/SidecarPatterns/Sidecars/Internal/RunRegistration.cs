using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The registration of a sidecar without messages.</summary>
internal sealed class RunRegistration<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSidecar>(string name)
    : SidecarRegistration(name, typeof(TSidecar).ToString())
    where TSidecar : class, ISidecar
{
    public override SidecarWorker Build(SidecarOptions options, SidecarEnvironment environment, ILogger logger) =>
        new RunWorker(SidecarFactory<ISidecar>.Of<TSidecar>(), options);
}
