namespace SidecarPatterns;

/// <summary>Feeds several sidecars of one message type: each accepted message goes to all that are open.</summary>
/// <remarks>
/// Queues whose mode is Wait decide together: a place is reserved in each, and if one has none, those reserved are void and nobody gets the
/// message. The others are offered it afterwards, and what they drop is theirs alone. A closed queue has left the fan-out: it only counts.
/// </remarks>
internal sealed class FanOutWriter<T>(QueueWriter<T>[] targets, SidecarMetrics metrics) : SidecarWriter<T>
{
    public override int Count => targets.Max(static target => target.Count);

    public override int Capacity => targets.Min(static target => target.Capacity);

    public override bool TryWrite(T item)
    {
        QueueWriter<T>.ThrowIfNull(item);
        return OfferOnce(item).AnyAccepted;
    }

    public override PublishResult Publish(T message)
    {
        QueueWriter<T>.ThrowIfNull(message);
        return OfferOnce(message).Result;
    }

    public override ValueTask WriteAsync(T item, CancellationToken cancellationToken = default)
    {
        QueueWriter<T>.ThrowIfNull(item);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        var outcome = Offer(item, countClosed: true);
        return outcome.IsDone ? default : WaitAndOfferAsync(item, outcome, cancellationToken);
    }

    public override async ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var open = 0;
            var waited = false;
            foreach (var target in targets)
            {
                var wait = target.WaitToWriteAsync(cancellationToken);
                waited |= !wait.IsCompleted;
                open += await HasRoomAsync(target, wait).ConfigureAwait(false) ? 1 : 0;
            }

            // Room that was there before another was waited for may be gone: look again.
            if (open == 0)
            {
                return targets[^1].Queue.Cause is { } cause ? throw cause : false;
            }

            if (!waited)
            {
                return true;
            }
        }
    }

    private static async ValueTask<bool> HasRoomAsync(QueueWriter<T> target, ValueTask<bool> wait)
    {
        try
        {
            return await wait.ConfigureAwait(false);
        }
        catch (Exception exception) when (ReferenceEquals(exception, target.Queue.Cause))
        {
            return false; // It failed, and so has left the fan-out.
        }
    }

    private async ValueTask WaitAndOfferAsync(T item, Outcome outcome, CancellationToken ct)
    {
        while (!outcome.IsDone)
        {
            if (outcome.FullTarget is not { } target)
            {
                throw targets[^1].Exception(outcome.Result.Reason);
            }

            if (outcome.Result.Reason == PublishReason.OwnQueueFull)
            {
                target.Refuse(OfferResult.Full);
                throw target.Exception(PublishReason.OwnQueueFull);
            }

            await HasRoomAsync(target, target.Queue.WaitToOfferAsync(ct)).ConfigureAwait(false);
            outcome = Offer(item, countClosed: false);
        }
    }

    /// <summary>Offers, and does not come back: who has no room counts a refusal.</summary>
    private Outcome OfferOnce(T message)
    {
        var outcome = Offer(message, countClosed: true);
        outcome.FullTarget?.Refuse(OfferResult.Full);
        return outcome;
    }

    private Outcome Offer(T message, bool countClosed)
    {
        var outcome = default(Outcome);
        var origin = metrics.Originate();
        if (!FillReserved(0, message, origin, countClosed, ref outcome))
        {
            return outcome;
        }

        foreach (var target in targets)
        {
            if (!target.ReservesRoom)
            {
                outcome.Add(target.Publish(message));
            }
        }

        return outcome;
    }

    /// <summary>Reserves from one target on and fills on the way back, so that the reservations live on the stack.</summary>
    private bool FillReserved(int index, T message, in MessageOrigin origin, bool countClosed, ref Outcome outcome)
    {
        while (index < targets.Length && !targets[index].ReservesRoom)
        {
            index++;
        }

        if (index == targets.Length)
        {
            return true;
        }

        var target = targets[index];
        switch (target.Queue.TryReserve(out var reservation))
        {
            case OfferResult.Accepted:
                if (!FillReserved(index + 1, message, origin, countClosed, ref outcome))
                {
                    reservation.Void();
                    return false;
                }

                reservation.Fill(message, origin);
                outcome.Add(PublishResult.Accepted);
                return true;

            case OfferResult.Full:
                outcome.FullTarget = target;
                outcome.Add(PublishResult.Rejected(target.ReasonFor(OfferResult.Full)));
                return false;

            default:
                outcome.Add(PublishResult.Rejected(countClosed ? target.Refuse(OfferResult.Closed) : target.ReasonFor(OfferResult.Closed)));
                return FillReserved(index + 1, message, origin, countClosed, ref outcome);
        }
    }

    /// <summary>What the targets answered together.</summary>
    private struct Outcome
    {
        private PublishResult _worst;
        private PublishResult _closed;

        public bool AnyAccepted { get; private set; }

        /// <summary>The target that had no room for what all must get.</summary>
        public QueueWriter<T>? FullTarget { get; set; }

        /// <summary>The worst answer of those that are open; that of the closed ones if there is no other.</summary>
        public readonly PublishResult Result => _worst.IsAccepted && !AnyAccepted ? _closed : _worst;

        public readonly bool IsDone => AnyAccepted || Result.Status == PublishStatus.Dropped;

        public void Add(PublishResult result)
        {
            if (result.Reason is PublishReason.Stopped or PublishReason.Failed)
            {
                _closed = result;
                return;
            }

            AnyAccepted |= result.IsAccepted;
            if (result.Status > _worst.Status)
            {
                _worst = result;
            }
        }
    }
}
