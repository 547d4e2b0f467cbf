namespace SidecarPatterns;

/// <summary>The message of a sidecar that replies: what the caller sent, and the caller's wait.</summary>
/// <remarks>Thread-safe. The first who ends the wait decides how it ends: the sidecar, the caller's token or the clock.</remarks>
internal sealed class Request<TRequest, TReply>
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<TReply>? _wait; // None where nobody waits.
    private LazyCancellation _left;
    private TReply _reply = default!; // Guarded by the lock: a call that was given up on may still leave one here.

    /// <param name="content">What the handler is called with.</param>
    /// <param name="isAwaited">Whether somebody waits for the reply.</param>
    public Request(TRequest content, bool isAwaited)
    {
        Content = content;
        _wait = isAwaited ? new TaskCompletionSource<TReply>(TaskCreationOptions.RunContinuationsAsynchronously) : null;
    }

    public TRequest Content { get; }

    /// <summary>Whether the wait is over.</summary>
    public bool IsOver => _wait is { Task.IsCompleted: true };

    /// <summary>Cancelled when the caller leaves before there is an answer.</summary>
    public CancellationToken Left => _left.Token;

    /// <summary>The answer; to be asked for only where somebody waits.</summary>
    public Task<TReply> Reply => _wait!.Task;

    /// <summary>Keeps what a call of the handler returned, until its message counts as handled.</summary>
    public void Keep(TReply reply)
    {
        lock (_lock)
        {
            _reply = reply;
        }
    }

    /// <summary>Answers with the reply that was kept.</summary>
    public void Answer()
    {
        TReply reply;
        lock (_lock)
        {
            reply = _reply;
        }

        _wait?.TrySetResult(reply);
    }

    /// <summary>Answers with an exception.</summary>
    public void Fail(Exception exception) => TryFail(exception);

    /// <summary>The caller has cancelled.</summary>
    public void Cancel(CancellationToken ct)
    {
        if (_wait!.TrySetCanceled(ct))
        {
            _left.Cancel();
        }
    }

    /// <summary>The caller's time is over.</summary>
    public void TimeOut(TimeoutException exception)
    {
        if (TryFail(exception))
        {
            _left.Cancel();
        }
    }

    private bool TryFail(Exception exception)
    {
        if (_wait is null || !_wait.TrySetException(exception))
        {
            return false;
        }

        _ = _wait.Task.Exception; // Observed: whoever waits has a task of his own, and it may be that nobody looks at this one.
        return true;
    }
}
