namespace SidecarPatterns;

/// <summary>Tells those who asked one sidecar what became of their requests.</summary>
internal sealed class RequestCallers<TRequest, TReply>(string sidecarName) : ICallers<Request<TRequest, TReply>>
{
    public Type ContentType => typeof(TRequest);

    public object GetContent(Request<TRequest, TReply> message) => message.Content!;

    public Request<TRequest, TReply> Create(object content) => new((TRequest)content, isAwaited: false);

    public bool HasLeft(Request<TRequest, TReply> message) => message.IsOver;

    public void OnHandled(Request<TRequest, TReply> message) => message.Answer();

    public void OnGivenUp(Request<TRequest, TReply> message, DeadLetterReason reason, Exception? cause) =>
        message.Fail(reason switch
        {
            DeadLetterReason.HandlerFailed or DeadLetterReason.HandlerTimeout when cause is not null => cause,
            DeadLetterReason.Expired => new TimeoutException(
                $"The request waited for its turn at sidecar '{sidecarName}' longer than {nameof(SidecarOptions.MaxAge)}."),
            DeadLetterReason.Interrupted => Stopped("was restarted while it handled the request", cause),
            DeadLetterReason.SidecarFailed => Stopped("failed for good before it had answered", cause),
            _ => Stopped("stopped before it had answered", cause),
        });

    public void OnDropped(Request<TRequest, TReply> message) => message.Fail(new SidecarBusyException(
        sidecarName, $"The queue of sidecar '{sidecarName}' is full, and the request was dropped as its {nameof(SidecarOptions.FullMode)} says."));

    private SidecarStoppedException Stopped(string what, Exception? cause) => new(sidecarName, $"Sidecar '{sidecarName}' {what}.", cause);
}
