using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <inheritdoc cref="SidecarClient{TRequest, TReply}"/>
internal sealed class RequestClient<TRequest, TReply> : SidecarClient<TRequest, TReply>
{
    private readonly string _sidecarName;
    private readonly MessageWorker<Request<TRequest, TReply>> _worker;
    private readonly QueueWriter<Request<TRequest, TReply>> _writer;
    private readonly TimeProvider _timeProvider;
    private ReplyDeadlines<TRequest, TReply> _deadlines;

    public RequestClient(string sidecarName, MessageWorker<Request<TRequest, TReply>> worker, TimeProvider timeProvider)
    {
        _sidecarName = sidecarName;
        _worker = worker;
        _writer = worker.Writer;
        _timeProvider = timeProvider;
        _deadlines = NewDeadlines(worker.Options.ReplyTimeout);
    }

    // Another limit of time has a list of its own; those who wait under the one before keep theirs.
    private ReplyDeadlines<TRequest, TReply> Deadlines
    {
        get
        {
            var timeout = _worker.Options.ReplyTimeout;
            if (Volatile.Read(ref _deadlines).Limit != timeout)
            {
                Volatile.Write(ref _deadlines, NewDeadlines(timeout));
            }

            return _deadlines;
        }
    }

    public override Task<TReply> AskAsync(TRequest request, CancellationToken ct = default)
    {
        var asked = Create(request);
        if (ct.IsCancellationRequested)
        {
            return Task.FromCanceled<TReply>(ct);
        }

        var offer = _writer.TryWriteAtOnce(asked) ? default : _writer.WriteAsync(asked, asked.Left);
        asked.Await(Deadlines, ct);
        if (!offer.IsCompletedSuccessfully)
        {
            _ = WatchAsync(offer, asked);
        }

        return asked.Task;
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
        if (result.IsAccepted)
        {
            asked.Await(Deadlines, ct);
        }

        reply = result.IsAccepted ? asked.Task
            : result.Reason is PublishReason.Full or PublishReason.OwnQueueFull ? null
            : Task.FromException<TReply>(AsToldToCallers(_writer.Exception(result.Reason)));
        return reply is not null;
    }

    private static Request<TRequest, TReply> Create(TRequest request) => request is null
        ? throw new ArgumentNullException(nameof(request), "A request is never null.")
        : new Request<TRequest, TReply>(request, isAwaited: true);

    /// <summary>Tells the caller if there is never any room.</summary>
    private async Task WatchAsync(ValueTask offer, Request<TRequest, TReply> asked)
    {
        try
        {
            await offer.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, it is the caller's; unless he had left by then, and has his answer.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            asked.Fail(AsToldToCallers(exception));
        }
    }

    private Exception AsToldToCallers(Exception refusal) => refusal is not ChannelClosedException closed ? refusal : new SidecarStoppedException(
        _sidecarName,
        $"Sidecar '{_sidecarName}' {(closed.InnerException is null ? "has stopped" : "has failed for good")}: it does not answer.",
        closed.InnerException);

    private ReplyDeadlines<TRequest, TReply> NewDeadlines(TimeSpan replyTimeout) => new(replyTimeout, _timeProvider, () =>
        new TimeoutException($"Sidecar '{_sidecarName}' did not reply within {nameof(SidecarOptions.ReplyTimeout)} ({replyTimeout:c})."));
}
