using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>What a lane does, what it is told to do, and who settles its message if it is told to end during a call.</summary>
/// <remarks>
/// The lane writes what it does and then reads what it is told, once a message, with no fence between the two. Whoever tells it writes, has all processors run
/// a fence, and reads: either the lane sees the order, or it is seen in what it is still doing. A later order is never taken back by an earlier one.
/// </remarks>
internal struct LaneState
{
    // What it does.
    private const int Resting = 0;
    private const int Working = 1;
    private const int Waiting = 2;
    private const int Calling = 3;

    // What it is told, each stronger than the one before.
    private const int GoOn = 0;
    private const int Hold = 1;
    private const int Leave = 2;
    private const int Interrupted = 3;

    // Written by the lane.
    private int _phase;
    private bool _isTaking; // From the look at the order to the take that follows from it.

    // Written by whoever wants the lane to rest or to end.
    private int _order;

    // Who settles the message that was in flight when the lane was interrupted: 1 once somebody does.
    private int _claim;

    public readonly bool IsResting => Volatile.Read(in _phase) == Resting;

    public readonly bool IsWaiting => Volatile.Read(in _phase) == Waiting;

    public readonly bool IsCalling => Volatile.Read(in _phase) == Calling;

    public readonly bool MayGoOn => Volatile.Read(in _order) == GoOn;

    public readonly bool IsHeld => Volatile.Read(in _order) == Hold;

    /// <summary>Whether it is sent away: by itself, or because somebody settles what it has and goes on without it.</summary>
    public readonly bool IsToEnd => Volatile.Read(in _order) >= Leave;

    public readonly bool WasInterrupted => Volatile.Read(in _order) == Interrupted;

    // The lane's side.

    /// <summary>Nothing that it has can be taken away from it, and it takes nothing.</summary>
    public void Rest() => Volatile.Write(ref _phase, Resting);

    /// <summary>It is at its source: whoever interrupts it waits a moment.</summary>
    public void Work() => Volatile.Write(ref _phase, Working);

    /// <summary>It has a message that waits for its retry, and may be taken away from it.</summary>
    public void Wait() => Volatile.Write(ref _phase, Waiting);

    /// <summary>It calls its handler with a message that may be taken away from it.</summary>
    public void Call() => Volatile.Write(ref _phase, Calling);

    /// <summary>It looks whether it may take a message; <see cref="EndTake"/> is to follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryBeginTake()
    {
        Volatile.Write(ref _isTaking, true);
        return MayGoOn;
    }

    public void EndTake() => Volatile.Write(ref _isTaking, false);

    /// <summary>Whether the message of a call that has ended is still the lane's to settle.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryKeepMessage() => !WasInterrupted || TryClaim();

    /// <summary>Somebody is about to interrupt it on account of a call that has ended: no other is to begin.</summary>
    public void AwaitInterruption() => Volatile.Write(ref _order, Interrupted);

    // The others' side.

    public bool TryHold() => TryOrder(Hold, GoOn);

    /// <summary>Ends a hold.</summary>
    public bool TryLetGo() => TryOrder(GoOn, Hold);

    public void SendAway()
    {
        // A lane that is held looks now and then whether it may go on, and changes the order for a moment: it must not be missed between two tries.
        while (Volatile.Read(ref _order) is var order and (GoOn or Hold) && !TryOrder(Leave, order))
        {
        }
    }

    /// <summary>Waits until a take that did not see the last order is over. Takes a moment.</summary>
    public void WaitForTake()
    {
        Interlocked.MemoryBarrierProcessWide();
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _isTaking))
        {
            spinner.SpinOnce();
        }
    }

    /// <summary>Ends the lane without its help.</summary>
    /// <param name="hasMessage">Whether its message is the caller's to settle from here on.</param>
    /// <param name="isCalling">Whether a handler has that message.</param>
    /// <returns><see langword="false"/> if it is just between two calls: a moment later it has left, or is in a call.</returns>
    public bool TryInterrupt(out bool hasMessage, out bool isCalling)
    {
        Volatile.Write(ref _order, Interrupted);
        Interlocked.MemoryBarrierProcessWide();
        var phase = Volatile.Read(ref _phase);
        isCalling = phase == Calling;
        hasMessage = phase >= Waiting && TryClaim();
        return phase != Working;
    }

    private bool TryClaim() => Interlocked.Exchange(ref _claim, 1) == 0;

    private bool TryOrder(int order, int from) => Interlocked.CompareExchange(ref _order, order, from) == from;
}
