namespace SidecarPatterns.Benchmarks;

/// <summary>A sidecar that never gets a message.</summary>
internal sealed class IdleSidecar : ISidecar<Message>
{
    public ValueTask HandleAsync(Message message, SidecarContext context, CancellationToken ct) => ValueTask.CompletedTask;
}
