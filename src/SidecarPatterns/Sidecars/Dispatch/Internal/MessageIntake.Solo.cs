using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>How one lane works alone while calls end at once and take next to no time: a second one would only take cache lines away from it.</summary>
/// <remarks>
/// <para>The lane that is alone takes without the gate, and nobody is woken beside it. It gives that up before it awaits, before it rests, and when its
/// calls get slower; whoever else needs what the gate guards takes it away. The others find nothing to take meanwhile, and rest.</para>
/// <para>A handler that blocks its thread can give up nothing. So a timer looks whether the lane gets on, for as long as one is alone.</para>
/// </remarks>
internal partial class MessageIntake<T>
{
    // With fewer between two looks, the lane does not get on as one does whose calls are short.
    private const int MinTakenBetweenLooks = 100;

    private LaneSource<T>? _solo; // Written under the gate.
    private bool _isQuick; // Whether the last run of messages was.
    private bool _isSoloTaking; // Written by the lane that is alone.
    private int _soloTaken; // Written by the lane that is alone.
    private int _soloTakenSeen; // The timer's, under the gate, as is the next.
    private bool _isWatched;
    private Timer? _watch;

    /// <summary>How many ticks a run of messages may take for its lane to go on alone; for tests, which are not to depend on the machine.</summary>
    public long QuickRun { get; set; } = LanePace.QuickRun;

    /// <summary>
    /// How long a lane that does not get on may hold up the others. Real time: a delay inside this machine, which means nothing to the application.
    /// </summary>
    public int WatchMilliseconds { get; set; } = 5;

    /// <summary>Whether a lane takes alone at present.</summary>
    public bool IsSolo => Volatile.Read(ref _solo) is not null;

    /// <summary>The lane's next take is far off: serves publishers that wait for room, and lets other lanes work.</summary>
    public void LeaveToOthers(LaneSource<T> lane)
    {
        Queue.ServeWaitingPublishers();
        if (Volatile.Read(ref _solo) == lane)
        {
            EndSolo(lane);
        }
    }

    /// <summary>Takes the next message, as the lane that is alone.</summary>
    protected virtual bool TryTakeSolo(LaneSource<T> lane, [MaybeNullWhen(false)] out T message) => TryTakeLocked(lane, out message);

    /// <summary>The lane has just taken a message: prepares to let it go on alone.</summary>
    /// <returns><see langword="false"/> if it can not be alone now.</returns>
    protected virtual bool TryBeginSoloLocked(LaneSource<T> lane) => true;

    /// <summary>The lane is not alone any more; it may be in a call.</summary>
    protected virtual void OnSoloEndedLocked(LaneSource<T> lane)
    {
    }

    /// <summary>Enters the gate, and keeps out the lane that took without it.</summary>
    protected SoloScope EnterAgainstSolo()
    {
        var scope = Gate.Enter();
        return new SoloScope(this, scope, TakeBackSoloLocked());
    }

    /// <returns><see langword="false"/> if the lane is not alone any more.</returns>
    private bool TryTakeAlone(LaneSource<T> lane, out bool isTaken, [MaybeNull] out T message)
    {
        // No fence between this and the look: whoever takes the right back has all processors run one, after he has written.
        Volatile.Write(ref _isSoloTaking, true);
        bool? isQuick;
        try
        {
            if (Volatile.Read(ref _solo) != lane)
            {
                isTaken = false;
                message = default;
                return false;
            }

            lane.Ordinal = Queue.PullOrdinal;
            isTaken = TryTakeSolo(lane, out message);
            if (!isTaken)
            {
                lane.Ordinal = LaneSource<T>.NoOrdinal;
                lane.Pace.Break();
                return true;
            }

            _soloTaken++;
            isQuick = lane.Pace.Count(QuickRun);
        }
        finally
        {
            Volatile.Write(ref _isSoloTaking, false);
        }

        if (isQuick == false)
        {
            EndSolo(lane);
        }

        return true;
    }

    /// <summary>The lane itself makes room for others.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndSolo(LaneSource<T> lane)
    {
        using (Gate.Enter())
        {
            if (_solo != lane)
            {
                return; // Somebody was faster, and has seen to the others.
            }

            GiveUpSoloLocked(lane);
            _isQuick = false;
        }

        Listen();
    }

    /// <summary>The lane itself, which takes nothing just now, is not alone any more.</summary>
    private void GiveUpSoloLocked(LaneSource<T> lane)
    {
        if (_solo == lane)
        {
            _solo = null;
            OnSoloEndedLocked(lane);
        }
    }

    private bool TakeBackSoloLocked()
    {
        if (_solo is not { } lane)
        {
            return false;
        }

        Volatile.Write(ref _solo, null);
        Interlocked.MemoryBarrierProcessWide();
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _isSoloTaking))
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        OnSoloEndedLocked(lane);
        return true;
    }

    private void Watch()
    {
        _watch ??= Unflowed.Run(
            static self => new Timer(static intake => ((MessageIntake<T>)intake!).LookAfterSolo(), self, Timeout.Infinite, Timeout.Infinite), this);
        _watch.Change(WatchMilliseconds, Timeout.Infinite);
    }

    /// <summary>Lets others work if the lane that is alone does not get on, since its handler blocks.</summary>
    private void LookAfterSolo()
    {
        var isStuck = false;
        using (Gate.Enter())
        {
            var taken = Volatile.Read(ref _soloTaken);
            isStuck = _solo is not null && taken - _soloTakenSeen < MinTakenBetweenLooks;
            if (isStuck)
            {
                TakeBackSoloLocked();
                _isQuick = false;
            }

            _soloTakenSeen = taken;
            _isWatched = _solo is not null;
            if (_isWatched)
            {
                _watch!.Change(WatchMilliseconds, Timeout.Infinite);
            }
        }

        if (isStuck)
        {
            Listen();
        }
    }

    /// <summary>The time inside the gate. If a lane was alone, others listen from its end on, for that one may be blocked in a call.</summary>
    protected readonly ref struct SoloScope(MessageIntake<T> intake, SpinGate.Scope scope, bool wasAlone)
    {
        private readonly SpinGate.Scope _scope = scope;

        public void Dispose()
        {
            _scope.Dispose();
            if (wasAlone)
            {
                intake.Listen();
            }
        }
    }
}
