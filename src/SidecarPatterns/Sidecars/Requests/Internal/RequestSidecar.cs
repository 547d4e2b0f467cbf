namespace SidecarPatterns;

/// <summary>Makes a sidecar that replies one that handles messages: the reply is kept in the message.</summary>
internal sealed class RequestSidecar<TRequest, TReply>(ISidecar<TRequest, TReply> inner)
    : ISidecar<Request<TRequest, TReply>>, ISidecarStartup, IAsyncDisposable
{
    public ValueTask StartAsync(SidecarContext context, CancellationToken ct) => (inner as ISidecarStartup)?.StartAsync(context, ct) ?? default;

    public ValueTask HandleAsync(Request<TRequest, TReply> message, SidecarContext context, CancellationToken ct)
    {
        var token = CallerToken.Rent(context, ct);
        if (!message.TryBegin(token))
        {
            token.Return(context);
            return HandleLinkedAsync(message, context, ct);
        }

        var isOver = true;
        try
        {
            var call = inner.HandleAsync(message.Content, context, token.Token);
            if (!call.IsCompletedSuccessfully)
            {
                isOver = false;
                return AwaitAsync(call, token, message, context);
            }

            message.Keep(call.Result);
            return default;
        }
        finally
        {
            if (isOver)
            {
                End(token, message, context);
            }
        }
    }

    public ValueTask DisposeAsync() => Disposal.Of(inner).DisposeAsync();

    private static async ValueTask AwaitAsync(
        ValueTask<TReply> call, CallerToken token, Request<TRequest, TReply> message, SidecarContext context)
    {
        try
        {
            message.Keep(await call.ConfigureAwait(false));
        }
        finally
        {
            End(token, message, context);
        }
    }

    private static void End(CallerToken token, Request<TRequest, TReply> message, SidecarContext context)
    {
        if (message.TryEnd(token))
        {
            token.Return(context);
        }
        else
        {
            token.Drop();
        }
    }

    /// <summary>A call beside another one of the same message, as a pipeline may make, or for a caller who has just left.</summary>
    private async ValueTask HandleLinkedAsync(Request<TRequest, TReply> message, SidecarContext context, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, message.Left);
        message.KeepOther(await inner.HandleAsync(message.Content, context, either.Token).ConfigureAwait(false));
    }
}
