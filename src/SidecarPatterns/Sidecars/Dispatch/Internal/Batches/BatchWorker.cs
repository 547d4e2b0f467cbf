namespace SidecarPatterns;

/// <summary>The dispatch side of a sidecar that handles its messages in batches.</summary>
internal sealed class BatchWorker<T> : MessageWorker<T>, ILaneOwner<Batch<T>>
    where T : notnull
{
    private readonly SidecarFactory<IBatchSidecar<T>> _factory;
    private readonly BatchSource<T> _source;
    private int _largestSize;

    public BatchWorker(
        string name,
        SidecarFactory<IBatchSidecar<T>> factory,
        MessageQueue<T> queue,
        QueueWriter<T> writer,
        SidecarMetrics metrics,
        SidecarOptions options,
        SidecarEnvironment environment,
        IDeadLetterSink? sink)
        : base(name, queue, writer, metrics, options, environment, sink)
    {
        _factory = factory;
        _source = new BatchSource<T>(this, queue);
        writer.Nap = _source.Nap;
        _largestSize = options.BatchSize;
    }

    public TimeProvider Clock => Environment.TimeProvider;

    public ReturnedMessages<Batch<T>> Returned { get; } = new(); // A batch that is here stays its source's current one: a flush waits for it.

    // Messages expire as they come out of the queue, one by one.
    bool ILaneOwner<Batch<T>>.HasExpiry => false;

    ICallers<Batch<T>>? ILaneOwner<Batch<T>>.Callers => null;

    public override bool HasMessagesLeft => Returned.Count > 0 || base.HasMessagesLeft;

    // A batch may be larger than the next one is allowed to be.
    protected override long MaxInFlight => 2L * Volatile.Read(ref _largestSize);

    public override Incarnation Create(IServiceProvider services, SidecarContext context)
    {
        var (sidecar, owned) = _factory.Create(services);
        ISidecar<Batch<T>> handler = Options.ScopePerMessage
            ? new ScopedSidecar<Batch<T>, IBatchSidecar<T>>(Environment.Services, _factory, HandleAsync)
            : new BatchHandler(sidecar);
        handler = Options.Pipeline is { } pipeline
            ? PipelineSidecar<Batch<T>>.Around(handler, pipeline, context.Name, Environment.Services)
            : handler;
        return new DispatchLane<Batch<T>>(this, _source, handler, sidecar, owned, context) { IsReadyOnceRunning = !Options.WaitForSignal };
    }

    public override void Apply(SidecarOptions options)
    {
        Volatile.Write(ref _largestSize, Math.Max(_largestSize, options.BatchSize)); // First: who sees the smaller one finds it.
        Metrics.NeedsTimes |= options.BatchInterval is null;
        base.Apply(options);
    }

    public override void CloseIntake(Exception? cause)
    {
        base.CloseIntake(cause);
        _source.Nap.Wake(); // A queue wakes those alone who sleep on it.
    }

    public IMessageOrigins? OriginsOf(Batch<T> item) => item;

    public bool IsUnwanted(Batch<T> item) => false;

    /// <summary>Settles what the handler has marked.</summary>
    public bool HasLeft(Batch<T> item)
    {
        SettleMarks(item, keepsUnmarked: true);
        if (item.Count > 0)
        {
            return true;
        }

        _source.Recycle(item);
        return false;
    }

    public bool MayRetry(Batch<T> item, Exception? failure, int attempts)
    {
        if (Retry is null || !Retry.HasAttemptsAfter(attempts))
        {
            return false;
        }

        failure ??= new OperationCanceledException("The incarnation that handled the batch ended.");
        item.Keep(index =>
        {
            var keeps = IsWorthRetrying(item[index], failure);
            if (!keeps)
            {
                SettleOne(item[index], DeadLetterReason.HandlerFailed, failure, attempts, item.OriginOf(index));
            }

            return keeps;
        });
        return item.Count > 0;
    }

    public Task Settle(MessageSource<Batch<T>> source, Batch<T> item, DeadLetterReason reason, Exception? cause, int attempts)
    {
        var delivery = SettleAll(item, reason, cause, attempts);
        _source.Recycle(item);
        return delivery;
    }

    public Batch<T> Detach(Batch<T> item)
    {
        var copy = item.Copy();
        _source.GoOnWith(copy);
        return copy;
    }

    /// <summary>Settles the messages that a handler has settled itself, and the others as handled unless they are kept.</summary>
    public void SettleMarks(Batch<T> batch, bool keepsUnmarked)
    {
        if (batch.HasMarks)
        {
            batch.Keep(index => !SettleMark(batch, index, keepsUnmarked));
        }
        else if (!keepsUnmarked)
        {
            Queue.Settled.Add(Settlement.Handled, batch.Count);
        }
    }

    private bool SettleMark(Batch<T> batch, int index, bool keepsUnmarked)
    {
        if (batch.FailureOf(index) is { } failure)
        {
            SettleOne(batch[index], DeadLetterReason.HandlerFailed, failure, batch.Attempt, batch.OriginOf(index));
            return true;
        }

        if (keepsUnmarked && !batch.IsHandled(index))
        {
            return false;
        }

        Queue.Settle(Settlement.Handled);
        return true;
    }

    public void SettleExpired(T message, MessageOrigin origin)
    {
        _ = SettleOne(message, DeadLetterReason.Expired, cause: null, attempts: 0, origin);
        Watch.OnSettled(); // It may have been the last that a flush waits for.
    }

    public override bool AreCompleteUpTo(long mark) =>
        Queue.TakeOrdinal >= mark && _source.OldestOrdinal >= mark;

    protected override void WakeForFlush() => _source.Wake();

    protected override void SettleHeld(DeadLetterReason reason, Exception? cause)
    {
        while (Returned.TryTake(_source, out var returned))
        {
            SettleLeft(returned.Message, reason, cause, returned.Attempts);
            _source.Recycle(returned.Message);
        }

        for (var batch = _source.TakeForming(); batch.Count > 0; batch = _source.TakeForming())
        {
            SettleLeft(batch, reason, cause, attempts: 0);
        }
    }

    private static ValueTask HandleAsync(IBatchSidecar<T> sidecar, Batch<T> batch, SidecarContext context, CancellationToken ct)
    {
        context.Marks = batch;
        batch.Attempt = context.Attempt;
        return sidecar.HandleAsync(batch, context, ct);
    }

    private Task SettleAll(Batch<T> batch, DeadLetterReason reason, Exception? cause, int attempts)
    {
        var delivery = Task.CompletedTask;
        for (var i = 0; i < batch.Count; i++)
        {
            delivery = SettleOne(batch[i], reason, cause, attempts, batch.OriginOf(i)); // The sink takes one after the other.
        }

        return delivery;
    }

    private Task SettleOne(T message, DeadLetterReason reason, Exception? cause, int attempts, MessageOrigin origin) =>
        Settle(Queue, message, reason, cause, attempts, origin.Letter);

    private void SettleLeft(Batch<T> batch, DeadLetterReason reason, Exception? cause, int attempts)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            SettleLeft(Queue, batch[i], reason, cause, attempts, batch.OriginOf(i).Letter);
        }
    }

    private sealed class BatchHandler(IBatchSidecar<T> sidecar) : ISidecar<Batch<T>>
    {
        public ValueTask HandleAsync(Batch<T> message, SidecarContext context, CancellationToken ct) =>
            BatchWorker<T>.HandleAsync(sidecar, message, context, ct);
    }
}
