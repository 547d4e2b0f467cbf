using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace SidecarPatterns;

/// <summary>The message of a sidecar that replies: what the caller sent, and the caller's wait.</summary>
/// <remarks>Thread-safe. The first who ends the wait decides how it ends: the sidecar, the caller's token or the clock.</remarks>
internal sealed class Request<TRequest, TReply> : TaskCompletionSource<TReply>
{
    // What the call is cancelled by, where it is the only one; this one stands there once the caller has left.
    private static readonly CallerToken Gone = new(CancellationToken.None);

    private readonly bool _isAwaited;
    private CallerToken? _call;
    private LazyCancellation _left;
    private CancellationTokenRegistration _listening;
    private WaitingPage? _page; // Where the deadlines find it.
    private int _place;

    private TReply _reply = default!; // Of the call that holds the place above: written before it leaves it.
    private StrongBox<TReply>? _otherReply; // Of any other call.

    /// <param name="content">What the handler is called with.</param>
    /// <param name="isAwaited">Whether somebody waits for the reply.</param>
    public Request(TRequest content, bool isAwaited)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Content = content;
        _isAwaited = isAwaited;
    }

    public TRequest Content { get; }

    /// <summary>Whether the wait is over.</summary>
    public bool IsOver => _isAwaited && Task.IsCompleted;

    /// <summary>Cancelled when the caller leaves before there is an answer. Made when it is asked for.</summary>
    public CancellationToken Left => _left.Token;

    /// <summary>When the caller's time is over, as a time stamp.</summary>
    public long DueAt { get; private set; }

    /// <summary>Begins to listen to the clock and to the caller's token; the request may be on its way already, or even be over.</summary>
    public void Await(ReplyDeadlines<TRequest, TReply> deadlines, CancellationToken ct)
    {
        deadlines.Add(this);
        if (!ct.CanBeCanceled)
        {
            return;
        }

        _listening = ct.UnsafeRegister(static (state, token) => ((Request<TRequest, TReply>)state!).Cancel(token), this);

        // First the registration and then the look; whoever ends the wait does that first and then takes the registration back.
        Interlocked.MemoryBarrier();
        if (IsOver)
        {
            _listening.Unregister();
        }
    }

    /// <summary>Waits at this place until that time. Whoever ends the wait leaves it.</summary>
    public void WaitAt(WaitingPage page, int place, long dueAt)
    {
        DueAt = dueAt;
        _place = place;
        Volatile.Write(ref _page, page);

        // First the place and then the look; whoever ends the wait does that first and then leaves the place.
        page.Enter(place, this);
        if (IsOver)
        {
            page.Leave(place);
        }
    }

    /// <summary>Has a call cancelled once the caller leaves.</summary>
    /// <returns><see langword="false"/> if the caller has left, or another call is under way: then <see cref="Left"/> is to be used.</returns>
    public bool TryBegin(CallerToken call) => Interlocked.CompareExchange(ref _call, call, null) is null;

    /// <summary>The call that <see cref="TryBegin"/> was told of has ended.</summary>
    /// <returns><see langword="false"/> if the caller has left meanwhile, and has the call cancelled.</returns>
    public bool TryEnd(CallerToken call) => Interlocked.CompareExchange(ref _call, null, call) == call;

    /// <summary>Keeps what that call returned, until its message counts as handled. To be done before it ends.</summary>
    public void Keep(TReply reply) => _reply = reply;

    /// <summary>Keeps what another call returned. One that was given up on may be under way still, and even leave a reply later.</summary>
    public void KeepOther(TReply reply) => Volatile.Write(ref _otherReply, new StrongBox<TReply>(reply));

    /// <summary>Answers with the reply that was kept.</summary>
    public void Answer()
    {
        if (TrySetResult(Volatile.Read(ref _otherReply) is { } other ? other.Value! : _reply))
        {
            EndWait();
        }
    }

    /// <summary>Answers with an exception.</summary>
    public void Fail(Exception exception) => TryFail(exception);

    /// <summary>The caller's time is over.</summary>
    public void TimeOut(TimeoutException exception)
    {
        if (TryFail(exception))
        {
            Leave();
        }
    }

    private void Cancel(CancellationToken ct)
    {
        if (TrySetCanceled(ct))
        {
            EndWait();
            Leave();
        }
    }

    private bool TryFail(Exception exception)
    {
        // As a task of an asynchronous method is: cancelled, with the exception and its stack.
        if (!(exception is OperationCanceledException cancellation ? TrySetFromTask(CancelledBy(cancellation)) : TrySetException(exception)))
        {
            return false;
        }

        if (!_isAwaited)
        {
            _ = Task.Exception; // Observed: nobody looks at it.
        }

        EndWait();
        return true;
    }

    private void EndWait()
    {
        Volatile.Read(ref _page)?.Leave(_place);
        _listening.Unregister();
    }

    private void Leave()
    {
        _left.Cancel();
        Interlocked.Exchange(ref _call, Gone)?.Cancel();
    }

#pragma warning disable CS1998 // For what it makes of the exception.
    private static async Task<TReply> CancelledBy(OperationCanceledException exception)
#pragma warning restore CS1998
    {
        ExceptionDispatchInfo.Throw(exception);
        return default!;
    }
}
