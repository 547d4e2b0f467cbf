using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <inheritdoc cref="SidecarClient{TRequest, TReply}"/>
internal sealed class RequestClient<TRequest, TReply>(
    string sidecarName, MessageWorker<Request<TRequest, TReply>> worker, TimeProvider timeProvider)
    : SidecarClient<TRequest, TReply>
{
    private readonly QueueWriter<Request<TRequest, TReply>> _writer = worker.Writer;

    public override Task<TReply> AskAsync(TRequest request, CancellationToken ct = default)
    {
        var asked = Create(request);
        return ct.IsCancellationRequested
            ? Task.FromCanceled<TReply>(ct)
            : WaitAsync(asked, _writer.WriteAsync(asked, asked.Left), ct);
    }

    public override bool TryAsk(TRequest request, [NotNullWhen(true)] out Task<TReply>? reply, CancellationToken ct = default)
    {
        var asked = Create(request);
        if (ct.IsCancellationRequested)
        {
            reply = Task.FromCanceled<TReply>(ct);
            return true;
        }

        var result = _writer.Publish(asked);
        reply = result.IsAccepted ? WaitAsync(asked, default, ct)
            : result.Reason is PublishReason.Full or PublishReason.OwnQueueFull ? null
            : Task.FromException<TReply>(AsToldToCallers(_writer.Exception(result.Reason)));
        return reply is not null;
    }

    private static Request<TRequest, TReply> Create(TRequest request) => request is null
        ? throw new ArgumentNullException(nameof(request), "A request is never null.")
        : new Request<TRequest, TReply>(request, isAwaited: true);

    private async Task<TReply> WaitAsync(Request<TRequest, TReply> asked, ValueTask offer, CancellationToken ct)
    {
        var replyTimeout = worker.Options.ReplyTimeout;
        using var timer = timeProvider.CreateTimer(
            state => ((Request<TRequest, TReply>)state!).TimeOut(TooLate(replyTimeout)), asked, replyTimeout, Timeout.InfiniteTimeSpan);
        using var cancellation = ct.UnsafeRegister(static (state, token) => ((Request<TRequest, TReply>)state!).Cancel(token), asked);
        try
        {
            await offer.ConfigureAwait(false);
        }
        catch (ChannelClosedException exception)
        {
            asked.Fail(Stopped(exception)); // Unless the caller had left by then.
        }
        catch (OperationCanceledException) when (asked.IsOver)
        {
            // The caller left while there was no room: the answer is there already.
        }

        return await asked.Reply.ConfigureAwait(false);
    }

    private Exception AsToldToCallers(Exception refusal) => refusal is ChannelClosedException closed ? Stopped(closed) : refusal;

    private TimeoutException TooLate(TimeSpan replyTimeout) =>
        new($"Sidecar '{sidecarName}' did not reply within {nameof(SidecarOptions.ReplyTimeout)} ({replyTimeout:c}).");

    private SidecarStoppedException Stopped(ChannelClosedException closed) => new(
        sidecarName,
        $"Sidecar '{sidecarName}' {(closed.InnerException is null ? "has stopped" : "has failed for good")}: it does not answer.",
        closed.InnerException);
}
