using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns.Benchmarks;

/// <summary>An instance for each message.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosScoped(ChaosWork work) : ISidecar<ChaosMessage>
{
    public ValueTask HandleAsync(ChaosMessage message, SidecarContext context, CancellationToken ct) =>
        work.HandleAsync(ChaosSidecar.Scoped, message.Number, context.Attempt, ct);
}
