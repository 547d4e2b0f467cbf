using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>What the container makes when a client is asked for a pair of types that no sidecar answers: an error that says what there is.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container, as an open generic.")]
internal sealed class UnknownSidecarClient<TRequest, TReply> : SidecarClient<TRequest, TReply>
{
    public UnknownSidecarClient(SidecarRegistry registry) =>
        throw new InvalidOperationException(
            $"No sidecar answers requests of type '{typeof(TRequest)}' with '{typeof(TReply)}'. Registered are: {registry.Describe()}. "
            + $"Add one with services.AddSidecar<TSidecar, {typeof(TRequest).Name}, {typeof(TReply).Name}>().");

    public override Task<TReply> AskAsync(TRequest request, CancellationToken ct = default) => throw new NotSupportedException();

    public override bool TryAsk(TRequest request, [NotNullWhen(true)] out Task<TReply>? reply, CancellationToken ct = default) =>
        throw new NotSupportedException();
}
