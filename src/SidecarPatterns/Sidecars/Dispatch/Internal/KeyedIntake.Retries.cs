namespace SidecarPatterns;

/// <summary>The messages that wait for a retry while the lanes go on with other keys.</summary>
internal sealed partial class KeyedIntake<T, TKey>
{
    private readonly LinkedList<Held> _parked = new();
    private LazyCancellation _hurry;
    private long _parkedOrDue;

    public override long ParkedCount => Interlocked.Read(ref _parkedOrDue);

    public override bool Parks => true;

    public override bool TryPark(LaneSource<T> lane, T message, int attempts, TimeSpan delay)
    {
        Held? held = null;
        using (EnterAgainstSolo())
        {
            if (!_hurry.IsCancellationRequested && lane.Key is KeyLane key)
            {
                held = TakeBackLocked(lane, key, message, attempts);
                held.Node = _parked.AddLast(held);
            }
        }

        if (held is null)
        {
            return false; // The drain has begun, and the lane itself makes the last attempt.
        }

        _ = Unflowed.Run(state => state.intake.WakeWhenDueAsync(state.held, state.delay), (intake: this, held, delay));
        return true;
    }

    public override bool TryPutBack(LaneSource<T> lane, T message, int attempts)
    {
        using (EnterAgainstSolo())
        {
            if (lane.Key is not KeyLane key)
            {
                return false;
            }

            MakeDueLocked(TakeBackLocked(lane, key, message, attempts));
        }

        WakeOne();
        return true;
    }

    public override void StopParking() => _hurry.Cancel();

    public override void Reopen() => _hurry = default;

    public override void SettleHeld(Action<MessageSource<T>, T, int, DeadLetter?> settle)
    {
        using (EnterAgainstSolo())
        {
            foreach (var held in _parked)
            {
                settle(Queue, held.Message, held.Attempts, held.Origin.Letter);
            }

            foreach (var key in _keys.Values)
            {
                for (var held = key.First; held is not null; held = held.Next)
                {
                    if (held.Attempts == 0)
                    {
                        Queue.Release(held.Size);
                    }

                    settle(Queue, held.Message, held.Attempts, held.Origin.Letter);
                }
            }

            foreach (var lane in AllLanes)
            {
                lane.Key = null;
            }

            _parked.Clear();
            _parkedOrDue = 0;
            _heldCount = 0;
            _busyKeys = 0;
            _keys.Clear();
            _ready.Clear();
            _idle.Clear();
            _spareKey = null;
        }
    }

    private async Task WakeWhenDueAsync(Held held, TimeSpan delay)
    {
        await Task.Delay(delay, timeProvider, _hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using (Gate.Enter())
        {
            if (held.Node?.List is null)
            {
                return; // It was settled meanwhile.
            }

            _parked.Remove(held.Node);
            MakeDueLocked(held);
        }

        WakeOne();
    }

    /// <summary>Has the message of a lane wait here, with attempts to go.</summary>
    private Held TakeBackLocked(LaneSource<T> lane, KeyLane key, T message, int attempts)
    {
        var held = NewHeld(key, message, lane.Origin, lane.Ordinal, attempts);
        _parkedOrDue++;
        lane.Key = null; // The lane goes on, the key does not: it stays with the message.
        lane.Ordinal = LaneSource<T>.NoOrdinal;
        return held;
    }

    /// <summary>A message that was taken back is the next one of its key.</summary>
    private void MakeDueLocked(Held held)
    {
        held.Key.AddFirst(held);
        _heldCount++;
        _ready.Enqueue(held.Key);
    }
}
