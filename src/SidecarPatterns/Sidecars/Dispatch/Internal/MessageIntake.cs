using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>What stands between one queue and several lanes: it gives each lane the next message, in the order of the queue.</summary>
/// <remarks>
/// Lanes with nothing to do rest here; the intake itself waits on the queue for them, and wakes one. A lane that takes a message while
/// more wait wakes the next, so that no more lanes are awake than there is work for (<c>MessageIntake.Resting.cs</c>); while calls are short,
/// one lane goes on alone (<c>MessageIntake.Solo.cs</c>).
/// </remarks>
internal partial class MessageIntake<T>
{
    private readonly Stack<LaneSource<T>> _free = new();
    private LaneSource<T>[] _allLanes = [];
    private SpinGate _gate = new();

    public MessageIntake(MessageQueue<T> queue)
    {
        Queue = queue;
        _onAvailable = OnAvailable;
    }

    /// <summary>The lanes' ends, those that nobody has at present included: what was settled there counts for ever.</summary>
    public IReadOnlyList<MessageSource<T>> Lanes => AllLanes;

    /// <summary>Settles a message that failed before any handler saw it.</summary>
    public Action<MessageSource<T>, T, Exception>? OnFailed { get; set; }

    /// <summary>How many messages are neither queued nor with a lane, since they wait for a retry.</summary>
    public virtual long ParkedCount => 0;

    /// <summary>How many messages are out of the queue, but wait for their key.</summary>
    public virtual int HeldCount => 0;

    /// <summary>How many keys are known at present.</summary>
    public virtual int KnownKeys => 0;

    /// <summary>Whether messages can be parked.</summary>
    public virtual bool Parks => false;

    // Replaced under the gate, never changed.
    protected LaneSource<T>[] AllLanes => Volatile.Read(ref _allLanes);

    protected MessageQueue<T> Queue { get; }

    /// <summary>Guards the taking side of the queue, and everything here.</summary>
    protected ref SpinGate Gate => ref _gate;

    /// <summary>Whether nothing will ever come any more; looked at under the gate.</summary>
    protected virtual bool IsOverLocked => Queue.IsClosed && !Queue.HasNext;

    /// <summary>An end for one more lane.</summary>
    public LaneSource<T> RentLane()
    {
        using (Gate.Enter())
        {
            if (_free.TryPop(out var free))
            {
                return free;
            }

            var made = new LaneSource<T>(this);
            Volatile.Write(ref _allLanes, [.. _allLanes, made]);
            return made;
        }
    }

    /// <summary>A lane has ended, and its message, if it had one, is settled or goes another way.</summary>
    public void ReturnLane(LaneSource<T> lane)
    {
        LaneSource<T>? next;
        using (Gate.Enter())
        {
            ReturnLocked(lane);
            GiveUpSoloLocked(lane);
            lane.Ordinal = LaneSource<T>.NoOrdinal;
            _free.Push(lane);
            next = _solo is null && HasNext ? PopResting() : null; // It may have been the one that was woken for a message.
        }

        next?.Signal.Set();
        Listen();
    }

    public bool TryTake(LaneSource<T> lane, [MaybeNullWhen(false)] out T message)
    {
        while (true)
        {
            if (Volatile.Read(ref _solo) != lane || !TryTakeAlone(lane, out var isTaken, out message))
            {
                isTaken = TryTakeAmongOthers(lane, out message);
            }

            if (lane.Failure is not { } failure)
            {
                return isTaken;
            }

            OnFailed?.Invoke(lane, message!, failure); // It logs: not under the gate.
            lane.Failure = null;
        }
    }

    private bool TryTakeAmongOthers(LaneSource<T> lane, [MaybeNullWhen(false)] out T message)
    {
        bool isTaken;
        LaneSource<T>? next = null;
        var isNobodyListening = false;
        var isToBeWatched = false;
        using (Gate.Enter())
        {
            ReturnLocked(lane);
            if (_solo is not null)
            {
                lane.Ordinal = LaneSource<T>.NoOrdinal;
                message = default;
                return false; // One lane is enough.
            }

            lane.Ordinal = Queue.PullOrdinal;
            isTaken = TryTakeLocked(lane, out message);
            if (!isTaken)
            {
                lane.Ordinal = LaneSource<T>.NoOrdinal;
                lane.Pace.Break();
            }
            else
            {
                _isQuick = lane.Pace.Count(QuickRun) ?? _isQuick;
                if (_isQuick && TryBeginSoloLocked(lane))
                {
                    Volatile.Write(ref _solo, lane);
                    isToBeWatched = !_isWatched;
                    _isWatched = true;
                }
                else if (_resting.Count > 0 && _woken is null)
                {
                    // One that is on its way is enough: it wakes the next, if there is still something to do when it comes.
                    next = _woken = HasNext ? PopResting() : null;
                    isNobodyListening = next is null && !_isListening;
                }
            }
        }

        next?.Signal.Set();
        if (isNobodyListening)
        {
            Listen();
        }
        else if (isToBeWatched)
        {
            Watch();
        }

        return isTaken;
    }

    /// <summary>Whether there is a message; without the gate, whether there may be one: a cheap look.</summary>
    public virtual bool HasNext => Queue.HasNext;

    public virtual bool TryPark(LaneSource<T> lane, T message, int attempts, TimeSpan delay) => false;

    public virtual bool TryPutBack(LaneSource<T> lane, T message, int attempts) => false;

    /// <summary>Parks nothing any more: what is parked is due at once.</summary>
    public virtual void StopParking()
    {
    }

    /// <summary>The sidecar begins anew after its end.</summary>
    public virtual void Reopen()
    {
    }

    /// <summary>Settles what is neither in the queue nor with a lane.</summary>
    public virtual void SettleHeld(Action<MessageSource<T>, T, int, DeadLetter?> settle)
    {
    }

    /// <summary>Whether everything that was queued before a place in the queue is settled.</summary>
    public bool IsSettledUpTo(long mark)
    {
        using (EnterAgainstSolo())
        {
            return Queue.PullOrdinal >= mark && Array.TrueForAll(AllLanes, lane => lane.Ordinal >= mark) && IsSettledUpToLocked(mark);
        }
    }

    protected virtual bool IsSettledUpToLocked(long mark) => true;

    protected virtual bool TryTakeLocked(LaneSource<T> lane, [MaybeNullWhen(false)] out T message)
    {
        if (!Queue.TryTake(out message))
        {
            return false;
        }

        lane.Origin = Queue.LastOrigin;
        return true;
    }

    /// <summary>The lane comes back: it is done with its message, or was woken.</summary>
    private void ReturnLocked(LaneSource<T> lane)
    {
        if (lane == _woken)
        {
            _woken = null;
        }

        ReleaseLocked(lane);
    }

    /// <summary>The lane is done with its message.</summary>
    protected virtual void ReleaseLocked(LaneSource<T> lane)
    {
    }
}
