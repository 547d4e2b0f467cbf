using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>What a message goes through.</summary>
internal sealed partial class SidecarModel
{
    /// <summary>Begins all that may begin.</summary>
    private void Begin()
    {
        while (!IsPaused && TryBeginOne())
        {
            // One more.
        }

        // A lane with nothing else to do takes out what waits for its key or its batch.
        if (!IsPaused && (mode.Kind == ModelKind.Keyed || (mode.Kind == ModelKind.Batch && Occupied == 0)))
        {
            _queue.ForEach(static accepted => accepted.MayBePulled = true);
        }
    }

    private bool TryBeginOne() => mode.Kind == ModelKind.Keyed ? TryBeginKeyed() : Occupied < Concurrency && (TryGoOn() || TryBeginNext());

    private bool TryBeginKeyed()
    {
        if (_ready.Count > 0)
        {
            var ready = _ready[0];
            _ready.RemoveAt(0);
            ready.Timeout = HandlerTimeout;
            Call(ready);
            return true;
        }

        var busy = _held.Concat(_waiting).Select(static work => work.Messages[0].Message.Key).ToHashSet();
        var next = _queue.FirstOrDefault(accepted => !busy.Contains(accepted.Message.Key));
        return next is not null && Take([next]);
    }

    /// <summary>Goes on with what an incarnation has left.</summary>
    private bool TryGoOn()
    {
        if (_waiting.Find(static work => !work.IsArmed) is not { } left)
        {
            return false;
        }

        left.Timeout = HandlerTimeout;
        left.IsArmed = true;
        if (MaxAttempts == 1)
        {
            _waiting.Remove(left); // Nothing says any more how long it is to wait.
            Call(left);
        }

        return true;
    }

    private bool TryBeginNext()
    {
        if (_queue.Count == 0)
        {
            return false;
        }

        if (mode.Kind != ModelKind.Batch)
        {
            return Take([_queue[0]]);
        }

        var isDue = _queue.Count >= BatchSize || _now - _queue[0].At >= BatchDelay || _drains || FlushesOver.Contains(false);
        return isDue && Take(_queue.GetRange(0, Math.Min(BatchSize, _queue.Count)));
    }

    private bool Take(List<Accepted> messages)
    {
        _queue.RemoveAll(messages.Contains);
        Call(new Work(messages) { Timeout = HandlerTimeout });
        return true;
    }

    private void Call(Work work)
    {
        var messages = work.Messages.ConvertAll(static accepted => accepted.Message);
        var group = ModelCalls.GroupOf(mode.Kind, messages[0]);
        _begun.TryAdd(group, []);
        _begun[group].Add(string.Join(',', messages.Select(static message => message.Id)));
        messages.ForEach(message => _calls[message.Id] = _calls.GetValueOrDefault(message.Id) + 1);
        work.Attempts++;
        if (!_drains && messages.Exists(message => message.Holds && !_released.Contains(message.Id)))
        {
            work.Deadline = work.Timeout is { } timeout ? _now + timeout : TimeSpan.MaxValue;
            _held.Add(work);
            return;
        }

        End(work);
    }

    private void End(Work work)
    {
        var failed = work.Messages.FindAll(accepted => _calls[accepted.Message.Id] <= accepted.Message.Fails);
        foreach (var accepted in work.Messages.Except(failed))
        {
            accepted.IsSettled = true;
            Handled++;
        }

        var isBatch = mode.Kind == ModelKind.Batch;
        failed.FindAll(accepted => isBatch && accepted.Message.IsMarked).ForEach(accepted => Bury(accepted, DeadLetterReason.HandlerFailed, work.Attempts));
        work.Messages = failed.FindAll(accepted => !isBatch || !accepted.Message.IsMarked);
        if (work.Messages.Count > 0)
        {
            Fail(work, DeadLetterReason.HandlerFailed);
        }
    }

    private void Fail(Work work, DeadLetterReason reason)
    {
        if (work.Attempts >= MaxAttempts || work.IsLast)
        {
            work.Messages.ForEach(accepted => Bury(accepted, reason, work.Attempts));
        }
        else if (_drains)
        {
            work.IsLast = true;
            Call(work);
        }
        else
        {
            work.IsArmed = true;
            _waiting.Add(work);
        }
    }

    private void Bury(Accepted accepted, DeadLetterReason reason, int attempts)
    {
        accepted.IsSettled = true;
        DeadLettered++;
        _letters.Add(new Letter(accepted.Message, reason, attempts));
    }

    /// <summary>What is held now is released, and ends.</summary>
    private void EndHeld(bool isLeaving)
    {
        var held = _held.ToArray();
        _released.UnionWith(Held.ToArray());
        _held.Clear();
        Array.ForEach(held, End);
        if (isLeaving)
        {
            LeaveRetries();
        }
    }

    /// <summary>The lanes leave; with keys a retry does not need one.</summary>
    private void LeaveRetries()
    {
        if (mode.Kind != ModelKind.Keyed)
        {
            _waiting.ForEach(static work => work.IsArmed = false);
        }
    }

    /// <summary>The queue is full: one makes room for the message that comes.</summary>
    private void Evict(Accepted coming)
    {
        var isOldest = mode.FullMode == BoundedChannelFullMode.DropOldest;
        var evicted = isOldest ? _queue[0] : _queue[^1];
        _queue.Remove(evicted);
        _queue.Add(coming);
        evicted.IsSettled = true;
        Evicted++;

        // The new one has the other's place, and a flush waits for places; a queue that is bounded in bytes gives each message a place of its own.
        _flushes.FindAll(flush => !isOldest && !mode.InBytes && flush.Contains(evicted)).ForEach(flush => flush.Add(coming));
    }
}
