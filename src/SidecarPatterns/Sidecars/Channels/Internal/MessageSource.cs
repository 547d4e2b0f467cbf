using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>
/// The dispatcher's side of the seam: what one lane takes its messages from and settles them with. A queue is one itself, for a single
/// lane; several lanes each have an end of their own.
/// </summary>
/// <remarks>One thread at a time uses it, but for <see cref="Wake"/>.</remarks>
internal abstract class MessageSource<T>
{
    private BusyClock _busy;

    /// <summary>What became of the messages that were taken here.</summary>
    public SettlementAccount Settled { get; } = new();

    /// <summary>How long handlers have been busy with what was taken here.</summary>
    public ref BusyClock Busy => ref _busy;

    /// <summary>Takes the next message, which from here on is in flight and must be settled.</summary>
    public abstract bool TryTake([MaybeNullWhen(false)] out T message);

    /// <summary>The origin of the message that was taken last; it stays until the next take.</summary>
    public abstract MessageOrigin LastOrigin { get; }

    /// <summary>Where in the queue the message was that was taken last.</summary>
    public abstract long LastOrdinal { get; }

    /// <summary>The lane goes on with a message that another one has left, as if it had taken it here.</summary>
    public virtual void Adopt(in ReturnedMessage<T> returned)
    {
    }

    /// <summary>Whether <see cref="TryTake"/> would succeed; one cheap look.</summary>
    public abstract bool HasNext { get; }

    /// <summary>Serves publishers that wait for room now, for the next take may be far off.</summary>
    public abstract void ServeWaitingPublishers();

    /// <summary>Waits until there is a message, or <see cref="Wake"/> is called; <see langword="false"/> once closed and empty.</summary>
    public abstract ValueTask<bool> WaitToTakeAsync();

    /// <summary>Ends a wait for a message, if there is one just now. Any thread.</summary>
    public abstract void Wake();

    /// <summary>How many messages the last take has taken.</summary>
    public virtual int LastCount => 1;

    /// <summary>Whether messages that wait for a retry are kept here, while the lane goes on with others.</summary>
    public virtual bool Parks => false;

    /// <summary>How many attempts were made at the message that was taken last before it was parked.</summary>
    public virtual int LastAttempts => 0;

    /// <summary>Keeps the message that was taken last until its retry is due.</summary>
    /// <returns><see langword="false"/> if the lane must wait itself.</returns>
    public virtual bool TryPark(T message, int attempts, TimeSpan delay) => false;

    /// <summary>Puts the message that was taken last back to its place, with attempts to go: before all that must not overtake it.</summary>
    /// <returns><see langword="false"/> if there is no such place, and its owner is to keep it.</returns>
    public virtual bool TryPutBack(T message, int attempts) => false;

    /// <summary>Settles the message that was taken last.</summary>
    public virtual void Settle(Settlement settlement) => Settled.Add(settlement);
}
