namespace SidecarPatterns;

/// <summary>Makes a sidecar that replies one that handles messages: the reply is kept in the message.</summary>
internal sealed class RequestSidecar<TRequest, TReply>(ISidecar<TRequest, TReply> inner)
    : ISidecar<Request<TRequest, TReply>>, ISidecarStartup, IAsyncDisposable
{
    public ValueTask StartAsync(SidecarContext context, CancellationToken ct) => (inner as ISidecarStartup)?.StartAsync(context, ct) ?? default;

    public async ValueTask HandleAsync(Request<TRequest, TReply> message, SidecarContext context, CancellationToken ct)
    {
        // For each call anew: one that was cancelled for its own time may be followed by another attempt.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, message.Left);
        message.Keep(await inner.HandleAsync(message.Content, context, either.Token).ConfigureAwait(false));
    }

    public ValueTask DisposeAsync() => Disposal.Of(inner).DisposeAsync();
}
