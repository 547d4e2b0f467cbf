using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns.Benchmarks;

/// <summary>Messages in batches.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosBatches(ChaosWork work) : IBatchSidecar<ChaosMessage>
{
    public ValueTask HandleAsync(IReadOnlyList<ChaosMessage> batch, SidecarContext context, CancellationToken ct) => work.HandleAsync(batch, context, ct);
}
