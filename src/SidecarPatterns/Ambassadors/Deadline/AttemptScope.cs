using System.Diagnostics.CodeAnalysis;
using System.Threading.Tasks.Sources;

namespace SidecarPatterns;

/// <summary>The time of one attempt: what cancels it, and the wait for its end, which is not longer than its cancellation allows.</summary>
/// <remarks>
/// Pooled: the scanner of its clock rents it out. One that was cancelled, or may still be, serves no other attempt, so that none is cancelled for
/// another's sake. The members are the attempt's own, unless they say otherwise.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no link; the timer is disposed of at the end of the attempt.")]
internal sealed class AttemptScope : IValueTaskSource
{
    private const int Running = 0;
    private const int Expired = 1; // Its time is over, and it is about to be cancelled, or has been.
    private const int Left = 2; // So it is because its caller has left.
    private const int GivenUp = 3; // It was cancelled, and has not ended for too long.

    private readonly DeadlineStripe _stripe;
    private readonly CancellationTokenSource _source = new();
    private readonly Action _onEnded;
    private ManualResetValueTaskSourceCore<bool> _end; // Continues where it is completed.
    private Action? _then;
    private int _isEnded;

    private int _phase; // Leaves Running once, by whoever is first: the scanner, a timer or the caller.
    private long _dueAt = long.MaxValue; // Read by the scanner.
    private long _giveUpAt = long.MaxValue; // Set by who has it leave Running; read by the scanner.
    private long _graceTicks;
    private Func<bool>? _isSuspended;
    private CancellationTokenRegistration _caller;
    private ITimer? _timer;

    public AttemptScope(DeadlineStripe stripe)
    {
        _stripe = stripe;
        _onEnded = Signal;
    }

    /// <summary>The neighbours in the stripe, the next one in its pool, and the next one that is due: the stripe's own.</summary>
    public AttemptScope? Next { get; set; }

    public AttemptScope? Previous { get; set; }

    public AttemptScope? NextPooled { get; set; }

    public AttemptScope? NextDue { get; set; }

    /// <summary>What the attempt is cancelled with.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the attempt has been left to itself: it ignored its cancellation.</summary>
    public bool IsGivenUp => Volatile.Read(ref _phase) == GivenUp;

    /// <summary>Whether it may be cancelled by somebody at any later moment.</summary>
    public bool IsClaimed => Volatile.Read(ref _phase) != Running;

    private DeadlineScanner Scanner => _stripe.Scanner;

    /// <summary>Begins to watch.</summary>
    /// <param name="now">The time.</param>
    /// <param name="dueAt">When the attempt's time is over.</param>
    /// <param name="graceTicks">How long a cancelled attempt is waited for, in ticks of the clock.</param>
    /// <param name="isSuspended">Says whether its end is put off, as while a debugger is attached; <see langword="null"/> where it never is.</param>
    /// <param name="caller">What cancels it besides.</param>
    public void Begin(long now, long dueAt, long graceTicks, Func<bool>? isSuspended, CancellationToken caller)
    {
        _graceTicks = graceTicks;
        _isSuspended = isSuspended;
        Volatile.Write(ref _dueAt, dueAt);
        if (dueAt < now + Scanner.ShortTicks)
        {
            _timer = Unflowed.Run(
                static state => state.self.Scanner.Clock.CreateTimer(
                    static self => ((AttemptScope)self!).OnTimer(), state.self, state.left, Timeout.InfiniteTimeSpan),
                (self: this, left: TimerTime.Of(Scanner.Clock.GetElapsedTime(now, dueAt))));
        }

        if (caller.CanBeCanceled)
        {
            _caller = caller.UnsafeRegister(static self => ((AttemptScope)self!).Leave(), this);
        }
    }

    /// <summary>Gives the attempt more time, or less. May be called from anywhere while it runs.</summary>
    public void Extend(long dueAt) => Volatile.Write(ref _dueAt, dueAt);

    /// <summary>Waits until the task has ended, or the attempt has been given up on. Not twice at a time.</summary>
    public ValueTask EndOf(Task task)
    {
        if (task.IsCompleted)
        {
            return default;
        }

        _end.Reset();
        var end = new ValueTask(this, _end.Version);
        SignalAfter(task);
        return end;
    }

    /// <summary>
    /// Runs an action once the task has ended, or the attempt has been given up on. As <see cref="EndOf"/>, but what waits is no asynchronous method.
    /// </summary>
    public void WhenEnded(Task task, Action then)
    {
        _then = then;
        SignalAfter(task);
    }

    /// <summary>Ends the watch.</summary>
    /// <param name="isLent">Whether somebody may keep the token: then no other attempt is to have it.</param>
    public void Complete(bool isLent = false)
    {
        Volatile.Write(ref _dueAt, long.MaxValue); // The next attempt is in the scanner's hands before it has set its own.
        var isAlone = _caller == default || _caller.Unregister();
        _caller = default;
        _timer?.Dispose();
        _stripe.Return(this, isClean: isAlone && !isLent && _timer is null && _source.TryReset());
    }

    /// <summary>Has it leave <see cref="Running"/> if it is due, or given up on if that was long ago. Called by the scanner.</summary>
    /// <returns>Whether <see cref="End"/> is to be called.</returns>
    public bool Claim(long now)
    {
        var phase = Volatile.Read(ref _phase);
        return phase switch
        {
            Running => IsOver(now) && TryLeaveRunning(Expired, now),
            Expired or Left => now >= Volatile.Read(ref _giveUpAt) && Interlocked.CompareExchange(ref _phase, GivenUp, phase) == phase,
            _ => false,
        };
    }

    /// <summary>Does what it was claimed for. Called by nobody's thread.</summary>
    public void End()
    {
        try
        {
            _source.Cancel(); // Once; who comes later does not wait for the callbacks of the first.
        }
#pragma warning disable CA1031 // What a callback throws is its own failure; the attempt is cancelled all the same.
        catch (Exception)
#pragma warning restore CA1031
        {
            // There is nobody to tell: the inner handler registered it.
        }

        if (IsGivenUp)
        {
            Signal();
        }
    }

    void IValueTaskSource.GetResult(short token) => _end.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _end.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _end.OnCompleted(continuation, state, token, flags);

    private void OnTimer()
    {
        // The system's timers go by a coarser clock, and may be early: then the scanner sees to it.
        var now = Scanner.Clock.GetTimestamp();
        if (IsOver(now) && TryLeaveRunning(Expired, now))
        {
            End();
        }
    }

    private void Leave()
    {
        if (TryLeaveRunning(Left, Scanner.Clock.GetTimestamp()))
        {
            _source.Cancel(); // As a linked source is: on the caller's thread, who also gets what callbacks throw.
        }
    }

    private bool IsOver(long now) => now >= Volatile.Read(ref _dueAt) && !(_isSuspended is { } isSuspended && isSuspended());

    private bool TryLeaveRunning(int phase, long now)
    {
        if (Interlocked.CompareExchange(ref _phase, phase, Running) != Running)
        {
            return false;
        }

        Volatile.Write(ref _giveUpAt, now + _graceTicks);
        return true;
    }

    private void SignalAfter(Task task)
    {
        Volatile.Write(ref _isEnded, 0);
        task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_onEnded);

        // Looked at after that, which is a fence: whoever gives up on it either sees that somebody waits, or is seen.
        if (IsGivenUp)
        {
            Signal();
        }
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0)
        {
            return;
        }

        if (_then is { } then)
        {
            _then = null;
            then();
        }
        else
        {
            _end.SetResult(true);
        }
    }
}
