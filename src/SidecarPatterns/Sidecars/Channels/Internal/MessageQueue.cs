using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>
/// The seam between publishers and dispatch, in three verbs: <em>offer</em> a message, <em>take</em> the next one, <em>settle</em> it.
/// Any number of threads offer; one at a time takes and settles. In memory, settling is only the account.
/// </summary>
/// <remarks>Every queue must pass the contract suite <c>MessageQueueContract</c> of the test project.</remarks>
internal abstract partial class MessageQueue<T>(int capacity) : MessageSource<T>
{
    /// <summary>How many messages can wait. A message waits from its offer until it is taken.</summary>
    public int Capacity { get; } = capacity;

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

    /// <summary>Whether a publisher has ever had to wait for room: the others drop what finds none, or never came to that.</summary>
    public virtual bool HasMadePublishersWait => false;

    /// <summary>Called when a publisher begins to wait for room: on its thread, outside of the lock.</summary>
    public Action? OnPublisherWaits { get; set; }

    /// <summary>Those who flush: to be told of what leaves the queue without having been with a lane.</summary>
    public SettlementWatch? Flushes { get; set; }

    /// <summary>The word of <see cref="BatchNap{T}"/>, beside what publishers have to look at.</summary>
    public abstract ref long NapEnd { get; }

    /// <summary>Whether more than so many places are free. A cheap look, as exact as one beside other publishers can be.</summary>
    public virtual bool HasRoomBeside(int reserve) => ReadPosition().Queued < Capacity - (long)reserve;

    /// <summary>Offers a message and waits for room, in the order of the calls.</summary>
    /// <exception cref="ChannelClosedException">The queue is closed, with its cause inside.</exception>
    public abstract ValueTask OfferAsync(T message, in MessageOrigin origin, CancellationToken ct);

    /// <summary>Waits until an offer may succeed; <see langword="false"/> once closed without a cause, which is thrown otherwise.</summary>
    public abstract ValueTask<bool> WaitToOfferAsync(CancellationToken ct);

    /// <summary>Reserves room for a message that is not decided yet; the reservation must be filled or voided at once.</summary>
    public abstract OfferResult TryReserve(out Reservation<T> reservation);

    // The dispatcher that gives messages to several lanes, or a batch of them to one: one thread at a time.

    /// <summary>Takes the next message out of the queue, but lets it count as queued until <see cref="Release()"/>.</summary>
    public abstract bool TryPull([MaybeNullWhen(false)] out T message);

    /// <summary>The message that was pulled last is in flight from here on: there is room for another.</summary>
    public abstract void Release();

    /// <summary>A message of this size that was pulled is in flight from here on.</summary>
    /// <param name="size">What <see cref="LastSize"/> was after its pull.</param>
    public virtual void Release(long size) => Release();

    /// <summary>The number of the message that the next pull takes; numbers grow from message to message.</summary>
    public abstract long PullOrdinal { get; }

    /// <summary>The number of the message that is taken next, where each is released as it is taken. Any thread.</summary>
    public abstract long TakeOrdinal { get; }

    /// <summary>The number that the next accepted message will have. Any thread.</summary>
    public abstract long EndOrdinal { get; }

    // Supervision: any thread.

    /// <summary>Refuses all further offers; what waits for room is told. What was accepted can still be taken.</summary>
    /// <returns><see langword="false"/> if it was closed already.</returns>
    public abstract bool Close(Exception? cause);

    /// <summary>Takes offers again after a close. Nobody may be at the taking side.</summary>
    public abstract void Reopen();

    /// <summary>Reads where the queue stands; never shows a message twice.</summary>
    public abstract QueuePosition ReadPosition();
}
