using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>The publishers' end of one sidecar's queue: applies the mode of a full queue, and counts and explains what is not accepted.</summary>
internal sealed class QueueWriter<T> : SidecarWriter<T>
{
    private readonly MessageQueue<T> _queue;
    private readonly DropCallback<T> _dropped;
    private readonly SidecarMetrics _metrics;
    private readonly bool _dropsWrites;
    private readonly bool _isSized;

    public QueueWriter(MessageQueue<T> queue, BoundedChannelFullMode mode, DropCallback<T> dropped, SidecarMetrics metrics)
    {
        _queue = queue;
        _dropped = dropped;
        _metrics = metrics;
        _dropsWrites = mode == BoundedChannelFullMode.DropWrite;
        _isSized = queue.IsSized;
        ReservesRoom = mode == BoundedChannelFullMode.Wait;
    }

    public override int Count => (int)_queue.ReadPosition().Queued;

    public override int Capacity => _queue.Capacity;

    /// <summary>Whether a fan-out must reserve here before anybody gets a message.</summary>
    public bool ReservesRoom { get; }

    public MessageQueue<T> Queue => _queue;

    /// <summary>
    /// The sleep of a dispatcher that looks at intervals, which publishers may have to cut short; <see langword="null"/> where there is none.
    /// </summary>
    public BatchNap<T>? Nap { get; set; }

    public override bool IsInsideHandler => CallMark.IsInside(_queue);

    /// <summary>Whether the caller is this sidecar's own handler and there is no room: to wait would be to wait for itself.</summary>
    public bool IsOwnQueueFull => CallMark.IsInside(_queue) && _queue.IsFull && !_queue.IsClosed;

    public override bool TryWrite(T item)
    {
        ThrowIfNull(item);
        if (_dropped.IsRunningHere)
        {
            return RefuseInsideOnDropped().IsAccepted;
        }

        var answer = Offer(item);
        return answer == OfferResult.Accepted || Explain(answer, item).IsAccepted;
    }

    /// <summary>Writes a message, never null, if there is room now; if not, nothing is counted, dropped or told.</summary>
    public bool TryWriteAtOnce(T item) => !_dropped.IsRunningHere && Offer(item) == OfferResult.Accepted;

    public override PublishResult Publish(T message)
    {
        ThrowIfNull(message);
        if (_dropped.IsRunningHere)
        {
            return RefuseInsideOnDropped();
        }

        var answer = Offer(message);
        return answer == OfferResult.Accepted ? PublishResult.Accepted : Explain(answer, message);
    }

    public override PublishResult Publish(T message, int reserve)
    {
        ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfNegative(reserve);
        return RefusesBeside(reserve) ? Explain(OfferResult.Full, message) : Publish(message);
    }

    /// <summary>Whether an open queue has no more free places than are to be left.</summary>
    public bool RefusesBeside(int reserve)
    {
        if (reserve == 0 || _queue.HasRoomBeside(reserve) || _queue.IsClosed)
        {
            return false;
        }

        Nap?.OnOffered(OfferResult.Full);
        return true;
    }

    /// <summary>Publishes a message whose size was measured already.</summary>
    public PublishResult PublishMeasured(T message, long size)
    {
        if (_dropped.IsRunningHere)
        {
            return RefuseInsideOnDropped();
        }

        var answer = _queue.TryOffer(message, size, _metrics.Originate());
        Nap?.OnOffered(answer);
        return answer == OfferResult.Accepted ? PublishResult.Accepted : Explain(answer, message);
    }

    public override ValueTask WriteAsync(T item, CancellationToken cancellationToken = default)
    {
        ThrowIfNull(item);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (_dropped.IsRunningHere)
        {
            return ValueTask.FromException(Exception(RefuseInsideOnDropped().Reason));
        }

        // It may be offered twice: then it is measured before, once for both.
        var isMeasured = _isSized && !_queue.IsClosed;
        var size = isMeasured ? _queue.Measure(item) : 0;
        var origin = _metrics.Originate();
        var answer = isMeasured ? _queue.TryOffer(item, size, origin) : _queue.TryOffer(item, origin);
        Nap?.OnOffered(answer);
        if (answer == OfferResult.Accepted)
        {
            return default;
        }

        if (answer == OfferResult.Full && !_dropsWrites && !CallMark.IsInside(_queue))
        {
            return isMeasured
                ? _queue.OfferAsync(item, size, origin, cancellationToken)
                : _queue.OfferAsync(item, origin, cancellationToken);
        }

        var result = Explain(answer, item);
        return result.Status == PublishStatus.Rejected ? ValueTask.FromException(Exception(result.Reason)) : default;
    }

    public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default)
    {
        if (_dropped.IsRunningHere)
        {
            return ValueTask.FromException<bool>(Exception(PublishReason.InsideOnDropped));
        }

        if (!CallMark.IsInside(_queue) || _queue.IsClosed || cancellationToken.IsCancellationRequested)
        {
            return WithoutNap(_queue.WaitToOfferAsync(cancellationToken));
        }

        // Answered by a look and never by waiting: whoever takes the last place in between would leave the handler to wait for itself.
        return _queue.IsFull
            ? ValueTask.FromException<bool>(Exception(PublishReason.OwnQueueFull))
            : new ValueTask<bool>(true);
    }

    /// <summary>Offers a message without waiting, and has a dispatcher that naps know of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private OfferResult Offer(T message)
    {
        var answer = _queue.TryOffer(message, _metrics.Originate());
        Nap?.OnOffered(answer);
        return answer;
    }

    /// <summary>Waits until an offer of this size may succeed.</summary>
    public ValueTask<bool> WaitToOfferAsync(long size, CancellationToken ct) => WithoutNap(_queue.WaitToOfferAsync(size, ct));

    /// <summary>A publisher waits for room: a dispatcher that naps comes to make some.</summary>
    private ValueTask<bool> WithoutNap(ValueTask<bool> wait)
    {
        if (!wait.IsCompleted)
        {
            Nap?.Wake();
        }

        return wait;
    }

    /// <summary>Counts a refusal that a fan-out decided on.</summary>
    public PublishReason Refuse(OfferResult answer)
    {
        var reason = ReasonFor(answer);
        _queue.Refusals.Reject(reason);
        return reason;
    }

    public PublishReason ReasonFor(OfferResult answer) =>
        answer == OfferResult.Closed ? _queue.ClosedReason
        : CallMark.IsInside(_queue) ? PublishReason.OwnQueueFull
        : PublishReason.Full;

    public Exception Exception(PublishReason reason) => reason switch
    {
        PublishReason.OwnQueueFull => new InvalidOperationException(
            $"The handler of sidecar '{_dropped.SidecarName}' publishes to its own queue, which is full (capacity {Capacity}{BytesHint}): to wait for room would be to wait for itself."),
        PublishReason.InsideOnDropped => new InvalidOperationException(
            $"The OnDropped callback of sidecar '{_dropped.SidecarName}' publishes to the very queue that just dropped a message."),
        _ => _queue.Cause is { } cause ? new ChannelClosedException(cause) : new ChannelClosedException(),
    };

    public static void ThrowIfNull(T message)
    {
        if (message is null)
        {
            throw new ArgumentNullException(nameof(message), "A message is never null.");
        }
    }

    private string BytesHint => _queue.CapacityInBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $" or {bytes} bytes") : "";

    private PublishResult RefuseInsideOnDropped()
    {
        _queue.Refusals.Reject(PublishReason.InsideOnDropped);
        return PublishResult.Rejected(PublishReason.InsideOnDropped);
    }

    /// <summary>The message was not accepted: says why, counts it, and drops it if the mode says so.</summary>
    private PublishResult Explain(OfferResult answer, T message)
    {
        if (answer == OfferResult.Full && _dropsWrites)
        {
            _queue.Refusals.Drop(PublishReason.Full);
            _dropped.Invoke(message, wasAccepted: false);
            return PublishResult.Dropped(PublishReason.Full);
        }

        return PublishResult.Rejected(Refuse(answer));
    }
}
