using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>The intake that keeps the order of each key: a message waits while another one of its key is with a lane, or waits for a retry.</summary>
/// <remarks>
/// <para>Messages that must wait for their key are held here, but still count as queued: room for publishers is made only when a lane begins with
/// one. A key is known only while a message of it is here, and a little longer, so memory is bounded by what is queued. Keys that have become
/// free are served in the order in which they did, before anything further is pulled out of the queue: none starves another.</para>
/// <para>A lane that is alone needs no key to be known but its message's own, and that only once it is not alone any more.</para>
/// <para>Retries are in <c>KeyedIntake.Retries.cs</c>, the messages that wait in <c>KeyedIntake.Keys.cs</c>.</para>
/// </remarks>
internal sealed partial class KeyedIntake<T, TKey>(MessageQueue<T> queue, Func<T, TKey> keyOf, TimeProvider timeProvider)
    : MessageIntake<T>(queue)
    where TKey : notnull
{
    private TKey? _soloKey; // The key of the message that the lane which is alone took last.

    public override bool HasNext => _ready.Count > 0 || Queue.HasNext;

    protected override bool IsOverLocked => base.IsOverLocked && _busyKeys == 0;

    protected override bool IsSettledUpToLocked(long mark)
    {
        foreach (var key in _keys.Values)
        {
            for (var held = key.First; held is not null; held = held.Next)
            {
                if (held.Ordinal < mark)
                {
                    return false;
                }
            }
        }

        return _parked.All(held => held.Ordinal >= mark);
    }

    protected override void ReleaseLocked(LaneSource<T> lane)
    {
        if (lane.Key is KeyLane key)
        {
            lane.Key = null;
            Free(key);
        }
    }

    protected override bool TryTakeLocked(LaneSource<T> lane, [MaybeNullWhen(false)] out T message)
    {
        if (_ready.TryDequeue(out var ready))
        {
            message = TakeHeld(lane, ready);
            return true;
        }

        var ordinal = Queue.PullOrdinal;
        while (Queue.TryPull(out message))
        {
            var origin = Queue.LastOrigin;
            if (!TryGetKey(lane, message, out var key))
            {
                Queue.Release();
                Give(lane, key: null, origin, ordinal, attempts: 0);
                return true;
            }

            var known = Know(key);
            if (TryOccupy(known))
            {
                Queue.Release();
                Give(lane, known, origin, ordinal, attempts: 0);
                return true;
            }

            var waiting = NewHeld(known, message, origin, ordinal, attempts: 0);
            waiting.Size = Queue.LastSize;
            known.AddLast(waiting);
            _heldCount++;
            ordinal = Queue.PullOrdinal;
        }

        return false;
    }

    protected override bool TryTakeSolo(LaneSource<T> lane, [MaybeNullWhen(false)] out T message)
    {
        if (!Queue.TryTake(out message))
        {
            return false;
        }

        TryGetKey(lane, message, out _soloKey);
        lane.Origin = Queue.LastOrigin;
        lane.Attempts = 0;
        return true;
    }

    protected override bool TryBeginSoloLocked(LaneSource<T> lane)
    {
        if (_busyKeys != 1 || _heldCount > 0 || lane.Key is not KeyLane key)
        {
            return false; // Other messages are under way, or wait for theirs: their keys must stay known.
        }

        _soloKey = key.Key;
        lane.Key = null;
        Free(key);
        return true;
    }

    protected override void OnSoloEndedLocked(LaneSource<T> lane)
    {
        // In this order: without a failure and with an ordinal, there is a message that has a key.
        if (lane.Failure is null && lane.Ordinal != LaneSource<T>.NoOrdinal)
        {
            var known = Know(_soloKey!);
            TryOccupy(known);
            lane.Key = known;
        }

        _soloKey = default;
    }

    private static void Give(LaneSource<T> lane, KeyLane? key, MessageOrigin origin, long ordinal, int attempts)
    {
        lane.Key = key;
        lane.Origin = origin;
        lane.Ordinal = ordinal;
        lane.Attempts = attempts;
    }

    private T TakeHeld(LaneSource<T> lane, KeyLane ready)
    {
        var held = ready.TakeFirst();
        _heldCount--;
        if (held.Attempts == 0)
        {
            Queue.Release(held.Size);
        }
        else
        {
            _parkedOrDue--;
        }

        Give(lane, ready, held.Origin, held.Ordinal, held.Attempts);
        var message = held.Message;
        Recycle(held);
        return message;
    }

    /// <summary>Asks the user's delegate for the key of a message. If it fails, so does the message, which is the lane's to settle.</summary>
    private bool TryGetKey(LaneSource<T> lane, T message, [MaybeNullWhen(false)] out TKey key)
    {
        try
        {
            key = keyOf(message);
            if (key is not null)
            {
                return true;
            }

            lane.Failure = new InvalidOperationException("PartitionBy returned null for a message; a key is never null.");
        }
#pragma warning disable CA1031 // The user's own code: it fails the message, never the loop.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            lane.Failure = exception;
        }

        key = default;
        return false;
    }
}
