using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>How lanes with nothing to do rest, and who waits on the queue for them.</summary>
internal partial class MessageIntake<T>
{
    // All under the gate.
    private readonly List<LaneSource<T>> _resting = [];
    private readonly Action _onAvailable;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _listening;
    private bool _isListening;
    private LaneSource<T>? _woken; // Is on its way to look for a message.

    public ValueTask<bool> WaitToTakeAsync(LaneSource<T> lane)
    {
        ValueTask<bool> wait;
        using (Gate.Enter())
        {
            ReturnLocked(lane);
            lane.Pace.Break();
            GiveUpSoloLocked(lane);
            if (_solo is null && HasNext)
            {
                return new ValueTask<bool>(true);
            }

            if (_solo is null && IsOverLocked)
            {
                WakeAllLocked();
                return new ValueTask<bool>(false);
            }

            lane.Signal.Prepare();
            _resting.Add(lane);
            wait = lane.Signal.Wait();
        }

        Listen();
        return wait;
    }

    public void Wake(LaneSource<T> lane)
    {
        var wasAlone = false;
        using (Gate.Enter())
        {
            if (_resting.Remove(lane))
            {
                lane.Signal.Set();
            }
            else if (_solo == lane)
            {
                wasAlone = TakeBackSoloLocked(); // It is about to leave.
            }
        }

        if (wasAlone)
        {
            Listen();
        }
    }

    /// <summary>Wakes a lane, if one rests.</summary>
    public void WakeOne()
    {
        using (Gate.Enter())
        {
            PopResting()?.Signal.Set();
        }
    }

    /// <summary>Waits on the queue, for all who rest. A lane that is woken sees to it that this goes on.</summary>
    protected void Listen()
    {
        var answer = default(bool?);
        do
        {
            using (Gate.Enter())
            {
                if (_isListening || _resting.Count == 0 || _solo is not null)
                {
                    return;
                }

#pragma warning disable CA2012 // Kept while it is waited for, and asked once.
                _listening = Queue.WaitToTakeAsync().ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
                if (!_listening.IsCompleted)
                {
                    _isListening = true;
                    _listening.UnsafeOnCompleted(_onAvailable);
                    return;
                }

                answer = _listening.GetResult();
            }
        }
        while (!Rouse(answer.Value));
    }

    private void OnAvailable()
    {
        bool more;
        using (Gate.Enter())
        {
            more = _listening.GetResult();
            _isListening = false;
        }

        if (!Rouse(more))
        {
            Listen();
            Queue.Flushes?.OnSettled(); // As a lane that comes to rest.
        }
    }

    /// <summary>Wakes one lane for a message, or all of them at the end.</summary>
    /// <returns><see langword="false"/> if there was neither: somebody must wait on the queue again.</returns>
    private bool Rouse(bool more)
    {
        using (Gate.Enter())
        {
            if (_solo is not null)
            {
                return true; // It sees what there is.
            }

            if (more)
            {
                if (!HasNext)
                {
                    return false;
                }

                PopResting()?.Signal.Set(); // Only queues work: safe under the gate.
            }
            else if (IsOverLocked)
            {
                WakeAllLocked();
            }
        }

        return true;
    }

    private void WakeAllLocked()
    {
        foreach (var lane in _resting)
        {
            lane.Signal.Set();
        }

        _resting.Clear();
    }

    private LaneSource<T>? PopResting()
    {
        if (_resting.Count == 0)
        {
            return null;
        }

        var lane = _resting[^1];
        _resting.RemoveAt(_resting.Count - 1);
        return lane;
    }
}
