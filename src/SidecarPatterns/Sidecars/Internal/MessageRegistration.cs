using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>The registration of a sidecar with messages.</summary>
internal class MessageRegistration<T>(string name, string description, SidecarFactory<ISidecar<T>>? factory)
    : SidecarRegistration(name, description)
{
    public override Type MessageType => typeof(T);

    public virtual bool IsBatch => false;

    public Action<OnDroppedArguments<T>>? OnDropped { get; set; }

    /// <summary>Says how many bytes a message has; <see langword="null"/> where that is nobody's concern.</summary>
    public Func<T, long>? SizeOf { get; set; }

    public Func<T, Exception, bool>? ShouldHandle { get; set; }

    /// <summary>Makes the intake of a sidecar whose messages have keys.</summary>
    public Func<MessageQueue<T>, TimeProvider, MessageIntake<T>>? KeyedIntake { get; set; }

    public Func<IServiceProvider, IDeadLetterSink>? DeadLetterSink { get; set; }

    /// <summary>Those who wait for replies; none where nobody does.</summary>
    public virtual ICallers<T>? Callers => null;

    public override SidecarWorker Build(SidecarOptions options, SidecarEnvironment environment)
    {
        var dropped = new DropCallback<T>(Name, Callers is null ? OnDropped : TellCaller, environment.DispatchLogger);
        var queue = NewQueue(options, dropped);
        var intake = KeyedIntake?.Invoke(queue, environment.TimeProvider);
        var metrics = new SidecarMetrics(Name, environment.Instruments, environment.TimeProvider)
        {
            NeedsTimes = NeedsTimes(options) || options.MaxAge is not null,
        };
        var writer = new QueueWriter<T>(queue, options.FullMode, dropped, metrics);
        return CreateWorker(queue, writer, metrics, options, environment, intake, DeadLetterSink?.Invoke(environment.Services));
    }

    protected override string? NoBytesHint => SizeOf is null ? "as long as SizeOf, on the sidecar's builder, does not say how many bytes a message has" : null;

    private MessageQueue<T> NewQueue(SidecarOptions options, DropCallback<T> dropped) =>
        SizeOf is not null ? new SizedQueue<T>(options.Capacity, options.CapacityInBytes, options.FullMode, SizeOf, dropped)
        : Evicts(options)
            ? new EvictingQueue<T>(options.Capacity, options.FullMode, dropped)
            : new RingQueue<T>(options.Capacity);

    private static bool Evicts(SidecarOptions options) => options.FullMode is BoundedChannelFullMode.DropOldest or BoundedChannelFullMode.DropNewest;

    // The caller first, whatever the user's own callback throws.
    private void TellCaller(OnDroppedArguments<T> dropped)
    {
        Callers!.OnDropped(dropped.Message);
        OnDropped?.Invoke(dropped);
    }

    /// <summary>Whether every message must say when it was published.</summary>
    protected virtual bool NeedsTimes(SidecarOptions options) => false;

    protected virtual MessageWorker<T> CreateWorker(
        MessageQueue<T> queue,
        QueueWriter<T> writer,
        SidecarMetrics metrics,
        SidecarOptions options,
        SidecarEnvironment environment,
        MessageIntake<T>? intake,
        IDeadLetterSink? sink) =>
        new LaneWorker<T>(Name, factory!, queue, writer, metrics, options, environment, intake, sink) { ShouldHandle = ShouldHandle, Callers = Callers };
}
