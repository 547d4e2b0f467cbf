using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>The registration of a sidecar with messages.</summary>
internal sealed class MessageRegistration<T>(string name, string description, SidecarFactory<ISidecar<T>> factory)
    : SidecarRegistration(name, description)
{
    public override Type MessageType => typeof(T);

    public Action<OnDroppedArguments<T>>? OnDropped { get; set; }

    public override SidecarWorker Build(SidecarOptions options, SidecarEnvironment environment)
    {
        var dropped = new DropCallback<T>(Name, OnDropped, environment.DispatchLogger);
        var queue = options.FullMode is BoundedChannelFullMode.DropOldest or BoundedChannelFullMode.DropNewest
            ? (MessageQueue<T>)new EvictingQueue<T>(options.Capacity, options.FullMode, dropped)
            : new RingQueue<T>(options.Capacity);
        var metrics = new SidecarMetrics(Name, environment.Instruments, environment.TimeProvider);
        var writer = new QueueWriter<T>(queue, options.FullMode, dropped, metrics);
        return new MessageWorker<T>(Name, factory, queue, writer, metrics, options, environment);
    }
}
