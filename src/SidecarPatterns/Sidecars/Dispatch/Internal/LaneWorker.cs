namespace SidecarPatterns;

/// <summary>The dispatch side of a sidecar that handles its messages one by one, in one lane or in several.</summary>
internal sealed class LaneWorker<T> : MessageWorker<T>, ILaneOwner<T>
{
    private readonly SidecarFactory<ISidecar<T>> _factory;
    private MessageIntake<T>? _intake; // There from the beginning for keys, else made for the first incarnation with several lanes.

    public LaneWorker(
        string name,
        SidecarFactory<ISidecar<T>> factory,
        MessageQueue<T> queue,
        QueueWriter<T> writer,
        SidecarMetrics metrics,
        SidecarOptions options,
        SidecarEnvironment environment,
        MessageIntake<T>? intake = null,
        IDeadLetterSink? sink = null)
        : base(name, queue, writer, metrics, options, environment, sink)
    {
        _factory = factory;
        _intake = intake;
        if (intake is not null)
        {
            intake.OnFailed = (source, message, failure) =>
            {
                _ = Settle(source, message, DeadLetterReason.HandlerFailed, failure, attempts: 0);
                Watch.OnSettled();
            };
        }
    }

    /// <summary>What stands between the queue and several lanes; <see langword="null"/> for the one lane that takes from the queue itself.</summary>
    public MessageIntake<T>? Intake => Volatile.Read(ref _intake);

    public ReturnedMessages<T> Returned { get; } = new();

    public bool HasExpiry => Options.MaxAge is not null;

    public override bool HasMessagesLeft => Returned.Count > 0 || base.HasMessagesLeft || Intake is { ParkedCount: > 0 };

    protected override IReadOnlyList<MessageSource<T>> Lanes => Intake?.Lanes ?? [];

    protected override long MaxInFlight => 1 + Lanes.Count + Returned.Count + (Intake?.ParkedCount ?? 0);

    public override Incarnation Create(IServiceProvider services, SidecarContext context)
    {
        var (sidecar, owned) = _factory.Create(services);

        // With a scope per message this instance shows that one can be made, and is asked to prepare; messages get their own.
        var handler = Options.ScopePerMessage
            ? new ScopedSidecar<T, ISidecar<T>>(Environment.Services, _factory, static (own, message, context, ct) => own.HandleAsync(message, context, ct))
            : sidecar;
        handler = Options.Pipeline is { } pipeline ? PipelineSidecar<T>.Around(handler, pipeline, context.Name, Environment.Services) : handler;
        return Intake is null && Options.Concurrency == 1
            ? new DispatchLane<T>(this, Queue, handler, sidecar, owned, context) { IsReadyOnceRunning = !Options.WaitForSignal }
            : new LaneGroup<T>(this, IntakeForLanes(), handler, sidecar, owned, context) { IsReadyOnceRunning = !Options.WaitForSignal };
    }

    public override Incarnation Widen(Incarnation incarnation) => ((DispatchLane<T>)incarnation).Widen(IntakeForLanes());

    public override void Reopen()
    {
        Intake?.Reopen();
        base.Reopen();
    }

    public IMessageOrigins? OriginsOf(T item) => null;

    public bool IsUnwanted(T item) => Callers is not null && Callers.HasLeft(item);

    public bool HasLeft(T item) => true;

    public T Detach(T item) => item;

    public bool MayRetry(T item, Exception? failure, int attempts) =>
        Retry is { } retry && retry.HasAttemptsAfter(attempts) && !IsUnwanted(item) &&
        IsWorthRetrying(item, failure ?? new OperationCanceledException("The incarnation that handled the message ended."));

    public Task Settle(MessageSource<T> source, T item, DeadLetterReason reason, Exception? cause, int attempts) =>
        Settle(source, item, reason, cause, attempts, source.LastOrigin.Letter);

    public override bool AreCompleteUpTo(long mark) => Returned.AreCompleteUpTo(mark, AreTakenCompleteUpTo);

    protected override void SettleHeld(DeadLetterReason reason, Exception? cause)
    {
        while (Returned.TryTake(Queue, out var returned))
        {
            SettleLeft(Queue, returned.Message, reason, cause, returned.Attempts, returned.Origin.Letter);
        }

        Intake?.SettleHeld((source, message, attempts, letter) => SettleLeft(source, message, reason, cause, attempts, letter));
    }

    // The next may lie beyond the mark although nothing was taken: where the oldest give way, places are left behind.
    private bool AreTakenCompleteUpTo(long mark) => Intake is not null
        ? Intake.IsSettledUpTo(mark)
        : Queue.TakeOrdinal >= mark && (Queue.LastOrdinal >= mark || ReadAccount().InFlight == 0);

    // No lane is at the queue.
    private MessageIntake<T> IntakeForLanes()
    {
        if (_intake is null)
        {
            Volatile.Write(ref _intake, new MessageIntake<T>(Queue));
        }

        return _intake!;
    }
}
