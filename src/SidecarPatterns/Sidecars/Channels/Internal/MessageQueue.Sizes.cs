namespace SidecarPatterns;

/// <summary>
/// What concerns the sizes of messages. Only a queue that is told how to measure them knows any: to all others a message is one place, and
/// nothing else.
/// </summary>
/// <remarks>A size is measured once per publish, before anything is locked or reserved, and given to the verbs from there on.</remarks>
internal abstract partial class MessageQueue<T>
{
    /// <summary>Whether messages have sizes here.</summary>
    public virtual bool IsSized => false;

    /// <summary>How many bytes can wait; <see langword="null"/> for any number.</summary>
    public virtual long? CapacityInBytes => null;

    /// <summary>How many bytes wait; <see langword="null"/> where messages have no sizes.</summary>
    public virtual long? QueuedBytes => null;

    /// <summary>Asks how large a message is. The user's own code: not under a lock.</summary>
    /// <exception cref="InvalidOperationException">It failed, or its answer is no size.</exception>
    public virtual long Measure(T message) => 0;

    /// <inheritdoc cref="TryOffer(T, in MessageOrigin)"/>
    public virtual OfferResult TryOffer(T message, long size, in MessageOrigin origin) => TryOffer(message, origin);

    /// <summary>Offers a message without waiting, and without evicting another for it.</summary>
    public virtual OfferResult TryOfferWithoutEvicting(T message, long size, in MessageOrigin origin) => TryOffer(message, size, origin);

    /// <inheritdoc cref="OfferAsync(T, in MessageOrigin, CancellationToken)"/>
    public virtual ValueTask OfferAsync(T message, long size, in MessageOrigin origin, CancellationToken ct) => OfferAsync(message, origin, ct);

    /// <summary>Waits until an offer of this size may succeed.</summary>
    /// <inheritdoc cref="WaitToOfferAsync(CancellationToken)"/>
    public virtual ValueTask<bool> WaitToOfferAsync(long size, CancellationToken ct) => WaitToOfferAsync(ct);

    /// <inheritdoc cref="TryReserve(out Reservation{T})"/>
    public virtual OfferResult TryReserve(long size, out Reservation<T> reservation) => TryReserve(out reservation);

    /// <summary>Whether an open queue refuses a message of this size now. It does so here, and remembers that.</summary>
    public virtual bool Refuses(long size) => IsFull;

    /// <summary>The size of the message that was pulled last.</summary>
    public virtual long LastSize => 0;

    /// <summary>Whether all that is queued has been pulled, and leaves no room for what others publish: who has pulled it must go on with it.</summary>
    public virtual bool IsHeldUp => false;
}
