using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>
/// The seam between publishers and dispatch, in three verbs: <em>offer</em> a message, <em>take</em> the next one, <em>settle</em> it.
/// Any number of threads offer; one at a time takes and settles. In memory, settling is only the account.
/// </summary>
/// <remarks>Every queue must pass the contract suite <c>MessageQueueContract</c> of the test project.</remarks>
internal abstract class MessageQueue<T>(int capacity)
{
    /// <summary>How many messages can wait. A message waits from its offer until it is taken.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>What became of the messages that were taken.</summary>
    public SettlementAccount Settled { get; } = new();

    /// <summary>The publishes that were not accepted.</summary>
    public RefusalAccount Refusals { get; } = new();

    /// <summary>The exception that the queue was closed with.</summary>
    public abstract Exception? Cause { get; }

    /// <summary>Why a closed queue refuses.</summary>
    public PublishReason ClosedReason => Cause is null ? PublishReason.Stopped : PublishReason.Failed;

    /// <summary>Whether it takes no more messages.</summary>
    public abstract bool IsClosed { get; }

    // Publishers: any thread.

    /// <summary>Offers a message without waiting.</summary>
    public abstract OfferResult TryOffer(T message, in MessageOrigin origin);

    /// <summary>Whether an open queue would refuse an offer now: there is no room, or others wait for it already.</summary>
    public abstract bool IsFull { get; }

    /// <summary>Offers a message and waits for room, in the order of the calls.</summary>
    /// <exception cref="ChannelClosedException">The queue is closed, with its cause inside.</exception>
    public abstract ValueTask OfferAsync(T message, in MessageOrigin origin, CancellationToken ct);

    /// <summary>Waits until an offer may succeed; <see langword="false"/> once closed without a cause, which is thrown otherwise.</summary>
    public abstract ValueTask<bool> WaitToOfferAsync(CancellationToken ct);

    /// <summary>Reserves room for a message that is not decided yet; the reservation must be filled or voided at once.</summary>
    public abstract OfferResult TryReserve(out Reservation<T> reservation);

    // The dispatcher: one thread at a time.

    /// <summary>Takes the next message, which from here on is in flight and must be settled.</summary>
    public abstract bool TryTake([MaybeNullWhen(false)] out T message);

    /// <summary>The origin of the message that was taken last; asked for before anything else is done with the queue.</summary>
    public abstract MessageOrigin LastOrigin { get; }

    /// <summary>Whether <see cref="TryTake"/> would succeed; one cheap look.</summary>
    public abstract bool HasNext { get; }

    /// <summary>Serves publishers that wait for room now, for the next take may be far off.</summary>
    public abstract void ServeWaitingPublishers();

    /// <summary>Waits until there is a message; <see langword="false"/> once closed and empty.</summary>
    public abstract ValueTask<bool> WaitToTakeAsync();

    /// <summary>Settles the message that was taken last.</summary>
    public virtual void Settle(Settlement settlement) => Settled.Add(settlement);

    // Supervision: any thread.

    /// <summary>Refuses all further offers; what waits for room is told. What was accepted can still be taken.</summary>
    /// <returns><see langword="false"/> if it was closed already.</returns>
    public abstract bool Close(Exception? cause);

    /// <summary>Reads where the queue stands; never shows a message twice.</summary>
    public abstract QueuePosition ReadPosition();
}
