namespace SidecarPatterns;

/// <summary>Feeds several sidecars of one message type: each accepted message goes to all that are open.</summary>
/// <remarks>
/// Queues whose mode is Wait decide together: a place is reserved in each, and if one has none, those reserved are void and nobody gets the
/// message. The others are offered it afterwards, and what they drop is theirs alone. A closed queue has left the fan-out: it only counts.
/// Queues that know sizes measure the message before anything else: if one can not, nobody gets it.
/// </remarks>
internal sealed class FanOutWriter<T>(QueueWriter<T>[] targets, SidecarMetrics metrics) : SidecarWriter<T>
{
    // The size of a message in a queue that was closed when it was to be measured: it does not get the message, even if it has opened since.
    private const long Unmeasured = -1;

    private readonly bool _isSized = Array.Exists(targets, static target => target.Queue.IsSized);

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

    public override PublishResult Publish(T message, int reserve)
    {
        QueueWriter<T>.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfNegative(reserve);
        return OfferOnce(message, reserve).Result;
    }

    public override bool IsInsideHandler => Array.Exists(targets, static target => target.IsInsideHandler);

    public override ValueTask WriteAsync(T item, CancellationToken cancellationToken = default)
    {
        QueueWriter<T>.ThrowIfNull(item);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        var sizes = _isSized ? new long[targets.Length] : [];
        Measure(item, sizes);
        var outcome = Offer(item, sizes);
        return outcome.IsDone ? default : WaitAndOfferAsync(item, sizes, outcome, cancellationToken);
    }

    public override async ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            // Told at once, and not after a wait for the others.
            if (Array.Find(targets, static target => target.IsOwnQueueFull) is { } own)
            {
                throw own.Exception(PublishReason.OwnQueueFull);
            }

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
                return Array.Find(targets, static target => target.Queue.Cause is not null) is { Queue.Cause: { } cause } ? throw cause : false;
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

    private async ValueTask WaitAndOfferAsync(T item, long[] sizes, Outcome outcome, CancellationToken ct)
    {
        while (!outcome.IsDone)
        {
            if (outcome.FullTarget is not { } target || outcome.Result.Reason == PublishReason.OwnQueueFull)
            {
                outcome.FullTarget?.Refuse(OfferResult.Full);
                throw outcome.ToException();
            }

            var wait = target.WaitToOfferAsync(SizeOf(sizes, Array.IndexOf(targets, target)), ct);
            await HasRoomAsync(target, wait).ConfigureAwait(false);
            outcome = Offer(item, sizes);
        }
    }

    /// <summary>Offers, and does not come back: who has no room counts a refusal.</summary>
    private Outcome OfferOnce(T message, int reserve = 0)
    {
        Span<long> sizes = _isSized ? stackalloc long[targets.Length] : default;
        Measure(message, sizes);
        var outcome = Offer(message, sizes, reserve);
        outcome.FullTarget?.Refuse(OfferResult.Full);
        return outcome;
    }

    /// <summary>Asks each queue that knows sizes how large the message is, once for all that follows.</summary>
    private void Measure(T message, Span<long> sizes)
    {
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = targets[i].Queue is var queue && !queue.IsClosed ? queue.Measure(message) : Unmeasured;
        }
    }

    private static long SizeOf(ReadOnlySpan<long> sizes, int index) => sizes.IsEmpty ? 0 : sizes[index];

    private Outcome Offer(T message, ReadOnlySpan<long> sizes, int reserve = 0)
    {
        var outcome = default(Outcome);

        // Looked for before anything is reserved: until its dispatcher comes by, a void place takes up room in a queue that did nothing wrong.
        if (FindFull(sizes, reserve) is { } full)
        {
            outcome.Refuse(full);
            return outcome;
        }

        var origin = metrics.Originate();
        if (!FillReserved(0, message, sizes, origin, ref outcome))
        {
            return outcome;
        }

        for (var i = 0; i < targets.Length; i++)
        {
            var target = targets[i];
            if (!target.ReservesRoom)
            {
                outcome.Add(
                    target,
                    sizes.IsEmpty || (sizes[i] != Unmeasured && target.RefusesBeside(reserve)) ? target.Publish(message, reserve)
                    : sizes[i] == Unmeasured ? PublishResult.Rejected(target.Refuse(OfferResult.Closed))
                    : target.PublishMeasured(message, sizes[i]));
            }
        }

        return outcome;
    }

    /// <summary>A queue that will refuse; if there are several, the caller's own, since that one is not to be waited for.</summary>
    private QueueWriter<T>? FindFull(ReadOnlySpan<long> sizes, int reserve)
    {
        QueueWriter<T>? full = null;
        for (var i = 0; i < targets.Length; i++)
        {
            var target = targets[i];
            if (target.ReservesRoom && (target.Queue.Refuses(SizeOf(sizes, i)) || target.RefusesBeside(reserve)) && !target.Queue.IsClosed)
            {
                target.Nap?.OnOffered(OfferResult.Full);
                if (CallMark.IsInside(target.Queue))
                {
                    return target;
                }

                full ??= target;
            }
        }

        return full;
    }

    /// <summary>Reserves from one target on and fills on the way back, so that the reservations live on the stack.</summary>
    private bool FillReserved(int index, T message, ReadOnlySpan<long> sizes, in MessageOrigin origin, ref Outcome outcome)
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
        var reservation = default(Reservation<T>);
        var size = SizeOf(sizes, index);
        switch (size == Unmeasured ? OfferResult.Closed : target.Queue.TryReserve(size, out reservation))
        {
            case OfferResult.Accepted:
                if (!FillReserved(index + 1, message, sizes, origin, ref outcome))
                {
                    reservation.Void();
                    return false;
                }

                reservation.Fill(message, origin);
                target.Nap?.OnOffered(OfferResult.Accepted);
                outcome.Add(target, PublishResult.Accepted);
                return true;

            case OfferResult.Full:
                outcome.Refuse(target);
                return false;

            default:
                // Counted on the way back: a publisher that waits for another queue comes here again, with the same message.
                if (!FillReserved(index + 1, message, sizes, origin, ref outcome))
                {
                    return false;
                }

                outcome.Add(target, PublishResult.Rejected(target.Refuse(OfferResult.Closed)));
                return true;
        }
    }

    /// <summary>What the targets answered together.</summary>
    private struct Outcome
    {
        private PublishResult _worst;
        private QueueWriter<T>? _worstTarget;
        private PublishResult _closed;
        private QueueWriter<T>? _closedTarget;

        public bool AnyAccepted { get; private set; }

        /// <summary>The target that had no room for what all must get.</summary>
        public QueueWriter<T>? FullTarget { get; private set; }

        /// <summary>The worst answer of those that are open; that of the closed ones if there is no other.</summary>
        public readonly PublishResult Result => AllAreClosed ? _closed : _worst;

        public readonly bool IsDone => AnyAccepted || Result.Status == PublishStatus.Dropped;

        private readonly bool AllAreClosed => _worst.IsAccepted && !AnyAccepted;

        public readonly Exception ToException() => (AllAreClosed ? _closedTarget : _worstTarget)!.Exception(Result.Reason);

        public void Refuse(QueueWriter<T> target)
        {
            FullTarget = target;
            Add(target, PublishResult.Rejected(target.ReasonFor(OfferResult.Full)));
        }

        public void Add(QueueWriter<T> target, PublishResult result)
        {
            if (result.Reason is PublishReason.Stopped or PublishReason.Failed)
            {
                if (result.Reason > _closed.Reason)
                {
                    (_closedTarget, _closed) = (target, result);
                }

                return;
            }

            AnyAccepted |= result.IsAccepted;
            if (result.Status > _worst.Status)
            {
                (_worstTarget, _worst) = (target, result);
            }
        }
    }
}
