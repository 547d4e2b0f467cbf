using System.Collections.Concurrent;
using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>A queue and its writer, put together as a registration does it, with a record of what was dropped.</summary>
internal sealed class FedQueue<T>
{
    private static readonly SidecarInstruments Instruments = new(new PlainMeterFactory());

    public FedQueue(
        BoundedChannelFullMode mode,
        int capacity,
        Action<OnDroppedArguments<T>>? onDropped = null,
        string name = "audit",
        Func<T, long>? sizeOf = null,
        long? capacityInBytes = null)
    {
        var callback = new DropCallback<T>(
            name,
            arguments =>
            {
                Dropped.Enqueue(arguments);
                onDropped?.Invoke(arguments);
            },
            new LogRecorder { OnEntry = entry => CallbackErrors.Enqueue(entry.Exception!) }.CreateLogger(name));
        Queue = sizeOf is not null ? new SizedQueue<T>(capacity, capacityInBytes, mode, sizeOf, callback)
            : mode is BoundedChannelFullMode.DropOldest or BoundedChannelFullMode.DropNewest
                ? new EvictingQueue<T>(capacity, mode, callback)
                : new RingQueue<T>(capacity);
        Metrics = new SidecarMetrics(name, Instruments, TimeProvider.System);
        Writer = new QueueWriter<T>(Queue, mode, callback, Metrics);
    }

    public MessageQueue<T> Queue { get; }

    public QueueWriter<T> Writer { get; }

    public SidecarMetrics Metrics { get; }

    /// <summary>What the callback was told of, in order.</summary>
    public ConcurrentQueue<OnDroppedArguments<T>> Dropped { get; } = [];

    /// <summary>What the callback threw.</summary>
    public ConcurrentQueue<Exception> CallbackErrors { get; } = [];

    /// <summary>The refusals by reason, those dropped and those rejected.</summary>
    public (Dictionary<PublishReason, long> Dropped, Dictionary<PublishReason, long> Rejected) Refusals =>
        (Queue.Refusals.ReadDropped(), Queue.Refusals.ReadRejected());

    public void Fill(Func<int, T> message)
    {
        for (var i = 0; i < Queue.Capacity; i++)
        {
            Assert.That(Writer.TryWrite(message(i)), Is.True);
        }
    }
}
