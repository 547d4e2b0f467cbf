namespace SidecarPatterns;

/// <summary>One life of a sidecar: its instance, from its making to its disposal.</summary>
internal abstract class Incarnation(object instance, bool ownsInstance, SidecarContext context) : IAsyncDisposable
{
    private bool _ownsInstance = ownsInstance;

    private static readonly TaskCompletionSource Over = MakeOver();

    private LazyCancellation _cancellation;
    private TaskCompletionSource? _over; // Made when somebody waits for the end.

    public SidecarContext Context { get; } = context;

    /// <summary>Completes when its supervisor has seen its end.</summary>
    public Task WhenOver
    {
        get
        {
            var over = _over;
            if (over is null)
            {
                var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                over = Interlocked.CompareExchange(ref _over, made, null) ?? made;
            }

            return over.Task;
        }
    }

    /// <summary>Whether it is ready as soon as its work goes on, without saying so itself.</summary>
    public bool IsReadyOnceRunning { get; init; } = true;

    /// <summary>What prepares the instance: its hook, if it has one.</summary>
    public virtual ISidecarStartup? Startup => instance as ISidecarStartup;

    /// <summary>The token that the sidecar's own code is given.</summary>
    protected CancellationToken Token => _cancellation.Token;

    /// <summary>Completes when none of the sidecar's own code runs any more; complete before it began.</summary>
    public abstract Task Quiet { get; }

    /// <summary>Whether it was ended from outside, so that its code may run on for as long as it likes.</summary>
    public abstract bool WasInterrupted { get; }

    /// <summary>Whether its work has come to its end in order.</summary>
    public virtual bool HasReturned => false;

    /// <summary>Works until done. Called once, after the start-up hook.</summary>
    /// <returns>A task that completes when the incarnation has ended, and fails with what ended it.</returns>
    public abstract Task RunAsync();

    /// <summary>Tells the work that the application has stopped.</summary>
    public abstract void Stop();

    /// <summary>Begins nothing new until the worker's pause is over; what is under way goes on.</summary>
    public virtual void HoldSoon()
    {
    }

    /// <summary>Waits for what was just about to begin when <see cref="HoldSoon"/> was called: from here on nothing begins. Takes a moment.</summary>
    public virtual void WaitUntilHeld()
    {
    }

    /// <summary>Begins nothing new from here on; what is under way goes on.</summary>
    public abstract void LeaveSoon();

    /// <summary>What it was told to leave for. Under the lock of its supervisor, until that has let go of it.</summary>
    public LeaveReason LeavesFor { get; private set; }

    /// <summary>Why it must leave, where that is a failure of its own.</summary>
    public Exception? LeaveFailure { get; private set; }

    /// <summary>Has it leave soon, unless it does for a reason that weighs as much. Under the lock of its supervisor.</summary>
    public bool TryLeaveFor(LeaveReason reason, Exception? failure = null)
    {
        if (reason <= LeavesFor)
        {
            return false;
        }

        (LeavesFor, LeaveFailure) = (reason, failure);
        LeaveSoon();
        return true;
    }

    /// <summary>Changes the number of its lanes.</summary>
    /// <returns><see langword="false"/> if it can not: another incarnation must go on with its instance.</returns>
    public virtual bool TryResize(int lanes) => true;

    /// <summary>Leaves the instance to an incarnation that goes on with it.</summary>
    protected (object Instance, bool IsOwned) HandOverInstance()
    {
        (var isOwned, _ownsInstance) = (_ownsInstance, false);
        return (instance, isOwned);
    }

    /// <summary>Cancels the token of the sidecar's own code.</summary>
    /// <param name="reason">What a message that fails for it is given up for, or attempted again.</param>
    /// <remarks>Not awaited: what the sidecar registered on its token may block or throw.</remarks>
    public virtual void Cancel(DeadLetterReason reason)
    {
        CancelReason = reason;
        _cancellation.Cancel();
    }

    /// <summary>Why the token was cancelled, or was last.</summary>
    protected DeadLetterReason CancelReason { get; private set; }

    /// <summary>The lanes that call handlers, for the watchdog.</summary>
    public virtual IEnumerable<IWatchedLane> Lanes => [];

    /// <summary>Ends the incarnation from outside and settles its message in flight, if it has one.</summary>
    /// <returns><see langword="false"/> if it is just between two steps: try again at once.</returns>
    public abstract bool TryInterrupt(DeadLetterReason reason, Exception? cause);

    public void SetOver() => Interlocked.CompareExchange(ref _over, Over, null)?.TrySetResult();

    /// <summary>To be called as soon as the work goes on.</summary>
    protected void ReportRunning()
    {
        if (IsReadyOnceRunning)
        {
            Context.SignalReady();
        }
    }

    private static TaskCompletionSource MakeOver()
    {
        var over = new TaskCompletionSource();
        over.SetResult();
        return over;
    }

    /// <summary>Disposes of the instance, if it is ours. Called once, when the incarnation is quiet.</summary>
    public virtual ValueTask DisposeAsync() => _ownsInstance ? Disposal.Of(instance).DisposeAsync() : default;
}
