using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>The channel between a source and the application, over all incarnations of the source, and the account of its messages.</summary>
/// <remarks>
/// Thread-safe. The framework's own bounded channel, under a lock: only so do the channel and the counts never show a message in two places.
/// Waiting needs no lock, for it moves no message.
/// </remarks>
internal sealed class SourceChannel<T>
{
    private readonly Channel<T> _channel;
    private readonly Lock _lock = new();

    // All guarded by the lock.
    private long _accepted;
    private long _handled;
    private long _evicted;
    private long _abandoned;
    private bool _closed;
    private Exception? _cause;

    public SourceChannel(int capacity, BoundedChannelFullMode mode)
    {
        Capacity = capacity;
        DropsWrites = mode == BoundedChannelFullMode.DropWrite;

        // Where the framework drops what is written it says that it was written; where it waits it says that there is no room, and the output drops.
        var options = new BoundedChannelOptions(capacity) { FullMode = DropsWrites ? BoundedChannelFullMode.Wait : mode };
        _channel = Channel.CreateBounded<T>(options, _ => _evicted++); // Called while the lock is held, by the write that evicts.
    }

    public int Capacity { get; }

    /// <summary>Whether a message for which there is no room is dropped.</summary>
    public bool DropsWrites { get; }

    /// <summary>Completes once the channel is closed and empty.</summary>
    public Task Completion => _channel.Reader.Completion;

    public int Count => _channel.Reader.Count;

    /// <summary>The writes that were not accepted.</summary>
    private RefusalAccount Refusals { get; } = new();

    /// <summary>What a closed channel answers to who insists.</summary>
    public ChannelClosedException ClosedException
    {
        get
        {
            lock (_lock)
            {
                return _cause is null ? new ChannelClosedException() : new ChannelClosedException(_cause);
            }
        }
    }

    public OfferResult TryOffer(T message)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return OfferResult.Closed;
            }

            if (!_channel.Writer.TryWrite(message))
            {
                return OfferResult.Full;
            }

            _accepted++;
            return OfferResult.Accepted;
        }
    }

    /// <summary>Waits until an offer may succeed; <see langword="false"/> once closed without a cause, which is thrown otherwise.</summary>
    public ValueTask<bool> WaitToOfferAsync(CancellationToken ct) => _channel.Writer.WaitToWriteAsync(ct);

    /// <summary>Counts a message that was not accepted.</summary>
    public void Refuse(OfferResult answer)
    {
        if (answer == OfferResult.Full && DropsWrites)
        {
            Refusals.Drop(PublishReason.Full);
            return;
        }

        bool failed;
        lock (_lock)
        {
            failed = _cause is not null;
        }

        Refusals.Reject(answer == OfferResult.Full ? PublishReason.Full : failed ? PublishReason.Failed : PublishReason.Stopped);
    }

    /// <summary>Takes the next message for the application: with that it is handled.</summary>
    public bool TryTake([MaybeNullWhen(false)] out T message)
    {
        lock (_lock)
        {
            if (!_channel.Reader.TryRead(out message))
            {
                return false;
            }

            _handled++;
            return true;
        }
    }

    public bool TryPeek([MaybeNullWhen(false)] out T message) => _channel.Reader.TryPeek(out message);

    /// <summary>Waits until there is a message; <see langword="false"/> once closed and empty, or the cause is thrown.</summary>
    public ValueTask<bool> WaitToTakeAsync(CancellationToken ct) => _channel.Reader.WaitToReadAsync(ct);

    /// <summary>Refuses all further messages; what was accepted can still be taken. The first close decides.</summary>
    public void Close(Exception? cause)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                _closed = true;
                _cause = cause;
                _channel.Writer.TryComplete(cause);
            }
        }
    }

    /// <summary>Closes the channel and takes what nobody has read.</summary>
    /// <param name="onAbandoned">Told of each message.</param>
    public void Abandon(Action<T> onAbandoned)
    {
        lock (_lock)
        {
            Close(cause: null);
            while (_channel.Reader.TryRead(out var message))
            {
                _abandoned++;
                onAbandoned(message);
            }
        }
    }

    public SidecarAccount ReadAccount()
    {
        lock (_lock)
        {
            return new SidecarAccount
            {
                Accepted = _accepted,
                Handled = _handled,
                Evicted = _evicted,
                Abandoned = _abandoned,
                Queued = _channel.Reader.Count,
                Capacity = Capacity,
                Rejected = Refusals.ReadRejected(),
                Dropped = Refusals.ReadDropped(),
            };
        }
    }
}
