namespace SidecarPatterns;

/// <summary>A sidecar whose handler is a delegate.</summary>
internal sealed class DelegateSidecar<TMessage>(Func<TMessage, SidecarContext, CancellationToken, ValueTask> handler) : ISidecar<TMessage>
{
    public ValueTask HandleAsync(TMessage message, SidecarContext context, CancellationToken ct) => handler(message, context, ct);
}
