using System.Threading.Channels;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The dispatch side of one sidecar with messages: its queue, its writer, its lanes, and what becomes of what they take.</summary>
/// <remarks>Its account is in <c>MessageWorker.Account.cs</c>; what the control asks of it, in <c>MessageWorker.Control.cs</c>.</remarks>
internal partial class MessageWorker<T> : SidecarWorker, ILaneOwner<T>, ISettlements
{
    private readonly SidecarFactory<ISidecar<T>>? _factory;
    private readonly SidecarEnvironment _environment;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly IDeadLetterSink? _sink;
    private SidecarOptions _options;
    private MessageIntake<T>? _intake; // There from the beginning for keys, else made for the first incarnation with several lanes.
    private DeadLetterOffice? _letters; // Made for the first letter: most sidecars never have one.

    // Messages that an incarnation left with attempts to go, for the next one; made when that first happens.
    private Queue<ReturnedMessage<T>>? _returned;

    public MessageWorker(
        string name,
        SidecarFactory<ISidecar<T>>? factory,
        MessageQueue<T> queue,
        QueueWriter<T> writer,
        SidecarMetrics metrics,
        SidecarOptions options,
        SidecarEnvironment environment,
        MessageIntake<T>? intake = null,
        IDeadLetterSink? sink = null)
    {
        _name = name;
        _factory = factory;
        _environment = environment;
        _logger = environment.DispatchLogger;
        Watch = new SettlementWatch(this);
        if (intake is not null)
        {
            _intake = intake;
            intake.OnFailed = (source, message, failure) => _ = Settle(source, message, DeadLetterReason.HandlerFailed, failure, attempts: 0);
            intake.OnFailuresSettled = Watch.OnSettled;
        }

        _sink = sink;
        Queue = queue;
        Writer = writer;
        Metrics = metrics;
        _options = options;
        Retry = RetryRule.From(options);
        MayHaveRetried |= Retry is not null;
        RateLimit = options.MaxRate is { } rate ? new PacedRateLimiter(rate, environment.TimeProvider) : null;
        Governed = environment.Governor is { } governor
            ? new GovernedSidecar(governor, options.Priority, () => queue.IsFull && options.FullMode == BoundedChannelFullMode.Wait)
            : null;
    }

    public MessageQueue<T> Queue { get; }

    /// <summary>What stands between the queue and several lanes; <see langword="null"/> for the one lane that takes from the queue itself.</summary>
    public MessageIntake<T>? Intake => Volatile.Read(ref _intake);

    public object OwnQueue => Queue;

    public int Capacity => Queue.Capacity;

    /// <summary>What the handler is called with, for those who watch.</summary>
    public Type MessageType => Callers?.ContentType ?? typeof(T);

    public QueueWriter<T> Writer { get; }

    public SidecarMetrics Metrics { get; }

    public SidecarOptions Options => Volatile.Read(ref _options);

    /// <summary>How failed messages are attempted again; <see langword="null"/> if they are not.</summary>
    public RetryRule? Retry { get; private set; }

    public bool MayHaveRetried { get; private set; }

    public RateLimiter? RateLimit { get; private set; }

    public GovernedSidecar? Governed { get; }

    /// <summary>Which failures are worth another attempt; by default all.</summary>
    public Func<T, Exception, bool>? ShouldHandle { get; init; }

    /// <summary>Those who wait for replies; <see langword="null"/> where nobody does.</summary>
    public ICallers<T>? Callers { get; init; }

    public DeadLetterOffice Letters => _letters ?? MakeLetters();

    protected SidecarEnvironment Environment => _environment;

    public SidecarWatchdog Watchdog => _environment.Watchdog;

    public override double Share => Governed?.Share ?? 1;

    public override bool HasMessagesLeft => HasReturned || Queue.ReadPosition().Queued > 0;

    public override bool EndsWhenDrained => true;

    public override IReadOnlyList<DeadLetter> DeadLetters => _letters?.ToList() ?? [];

    public override IReadOnlyCollection<KeyValuePair<string, long>> Failures => _letters?.ReadFailures() ?? [];

    public virtual bool HasReturned => Volatile.Read(ref _returned) is { Count: > 0 };

    public bool HasExpiry => Options.MaxAge is not null;

    public override Incarnation Create(IServiceProvider services, SidecarContext context)
    {
        var (sidecar, owned) = _factory!.Create(services);

        // With a scope per message this instance shows that one can be made, and is asked to prepare; messages get their own.
        var handler = Options.ScopePerMessage
            ? new ScopedSidecar<T, ISidecar<T>>(_environment.Services, _factory!, static (own, message, context, ct) => own.HandleAsync(message, context, ct))
            : sidecar;
        handler = Options.Pipeline is { } pipeline ? PipelineSidecar<T>.Around(handler, pipeline, _name, _environment.Services) : handler;
        return Intake is null && Options.Concurrency == 1
            ? new DispatchLane<T>(this, Queue, handler, sidecar, owned, context) { IsReadyOnceRunning = !Options.WaitForSignal }
            : new LaneGroup<T>(this, IntakeForLanes(), handler, sidecar, owned, context) { IsReadyOnceRunning = !Options.WaitForSignal };
    }

    /// <summary>Goes by other options from here on; lanes adopt them between two messages.</summary>
    public override void Apply(SidecarOptions options)
    {
        Retry = RetryRule.From(options);
        MayHaveRetried |= Retry is not null;
        Metrics.NeedsTimes |= options.MaxAge is not null;
        if (options.MaxRate is not { } rate)
        {
            (RateLimit as PacedRateLimiter)?.SetRate(double.PositiveInfinity); // Whoever waits for a turn need not do so any longer.
            RateLimit = null;
        }
        else if (RateLimit is PacedRateLimiter paced)
        {
            paced.SetRate(rate);
        }
        else
        {
            RateLimit = new PacedRateLimiter(rate, _environment.TimeProvider);
        }

        Volatile.Write(ref _options, options); // Last: a lane that finds other options adopts what goes with them, once.
    }

    public override Incarnation Widen(Incarnation incarnation) => ((DispatchLane<T>)incarnation).Widen(IntakeForLanes());

    public override void CloseIntake(Exception? cause) => Queue.Close(cause);

    public override void Reopen()
    {
        Intake?.Reopen();
        Queue.Reopen();
    }

    public IMessageOrigins? OriginsOf(T item) => null;

    public bool IsExpired(in MessageOrigin origin) => Options.MaxAge is { } maxAge && origin.PublishedAt != 0 &&
        _environment.TimeProvider.GetElapsedTime(origin.PublishedAt) > maxAge;

    public bool HasLeft(T item) => true;

    /// <summary>Whether the one who sent a message does not wait for what becomes of it any more.</summary>
    public bool IsUnwanted(T item) => Callers is not null && Callers.HasLeft(item);

    /// <summary>Whether a message that failed so often is attempted again.</summary>
    public bool MayRetry(T item, Exception failure, int attempts) =>
        Retry is { } retry && retry.HasAttemptsAfter(attempts) && !IsUnwanted(item) && IsWorthRetrying(item, failure);

    public TimeSpan RetryDelayAfter(int attempts) => Retry?.DelayAfter(attempts) ?? TimeSpan.Zero;

    protected bool IsWorthRetrying(T message, Exception failure)
    {
        try
        {
            return ShouldHandle?.Invoke(message, failure) ?? true;
        }
#pragma warning disable CA1031 // The user's own code: a failure that can not be judged is not retried.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DispatchLog.ShouldHandleFailed(_logger, _name, exception);
            return false;
        }
    }

    /// <summary>Settles a message that was taken and not handled.</summary>
    /// <returns>Completes when its letter has been delivered, and never fails.</returns>
    public Task Settle(MessageSource<T> source, T item, DeadLetterReason reason, Exception? cause, int attempts)
    {
        var delivery = Letters.DeliverAsync(ContentOf(item), reason, cause, attempts, source.LastOrigin.Letter);
        CountSettled(source, reason, cause, attempts);
        Callers?.OnGivenUp(item, reason, cause); // Last: who is told finds it in the account.
        return delivery;
    }

    protected void CountSettled(MessageSource<T> source, DeadLetterReason reason, Exception? cause, int attempts)
    {
        if (Count(source, reason, cause) == Settlement.DeadLettered)
        {
            LastError = cause ?? LastError;
            DispatchLog.MessageDeadLettered(_logger, _name, reason, attempts, cause);
        }
    }

    /// <summary>Settles the message that was in flight in a lane that was interrupted, or leaves it to the next incarnation.</summary>
    public void SettleInterrupted(MessageSource<T> source, T item, DeadLetterReason reason, Exception? cause, int attempts)
    {
        if (reason != DeadLetterReason.Abandoned &&
            MayRetry(item, cause ?? new OperationCanceledException("The incarnation that handled the message ended."), attempts))
        {
            if (!source.TryPark(item, attempts, RetryDelayAfter(attempts)))
            {
                Return(new ReturnedMessage<T>(item, attempts, source.LastOrigin, source.LastOrdinal));
            }
        }
        else
        {
            _ = Settle(source, item, reason, cause, attempts); // Whoever ends the sidecar waits for its letters.
        }
    }

    public void Return(ReturnedMessage<T> item)
    {
        var returned = _returned ?? Interlocked.CompareExchange(ref _returned, new Queue<ReturnedMessage<T>>(), null) ?? _returned;
        lock (returned)
        {
            returned.Enqueue(item);
        }
    }

    public bool TryTakeReturned(MessageSource<T> source, out ReturnedMessage<T> item)
    {
        item = default;
        if (_returned is not { } returned)
        {
            return false;
        }

        lock (returned)
        {
            if (!returned.TryDequeue(out item))
            {
                return false;
            }

            source.Adopt(item);
            return true;
        }
    }

    public override void SettleRest(DeadLetterReason reason, Exception? cause)
    {
        while (TryTakeReturned(Queue, out var returned))
        {
            SettleLeft(Queue, returned.Message, reason, cause, returned.Attempts, returned.Origin.Letter);
        }

        SettleHeld(reason, cause);
        if (Intake is not null)
        {
            Intake.SettleHeld((source, message, attempts, letter) => SettleLeft(source, message, reason, cause, attempts, letter));
        }

        while (Queue.TryTake(out var message))
        {
            SettleLeft(Queue, message, reason, cause, attempts: 0, Queue.LastOrigin.Letter);
        }

        Watch.OnSettled();
    }

    public override Task WhenLettersDelivered => _letters?.Delivered ?? Task.CompletedTask;

    /// <summary>Settles what is neither in the queue nor with a lane.</summary>
    protected virtual void SettleHeld(DeadLetterReason reason, Exception? cause)
    {
    }

    protected void SettleLeft(
        MessageSource<T> source, T message, DeadLetterReason reason, Exception? cause, int attempts, DeadLetter? replayed)
    {
        _ = Letters.DeliverAsync(ContentOf(message), reason, cause, attempts, replayed);
        Count(source, reason, cause);
        Callers?.OnGivenUp(message, reason, cause);
    }

    private Settlement Count(MessageSource<T> source, DeadLetterReason reason, Exception? cause)
    {
        var settlement = reason == DeadLetterReason.Abandoned ? Settlement.Abandoned : Settlement.DeadLettered;
        source.Settle(settlement);
        if (settlement == Settlement.DeadLettered)
        {
            Letters.CountFailure(cause, reason);
        }

        return settlement;
    }

    // No lane is at the queue.
    private MessageIntake<T> IntakeForLanes()
    {
        if (_intake is null)
        {
            Volatile.Write(ref _intake, new MessageIntake<T>(Queue));
        }

        return _intake!;
    }

    private DeadLetterOffice MakeLetters()
    {
        var made = new DeadLetterOffice(_name, Options.DeadLetterCapacity, _environment) { Sink = _sink };
        return Interlocked.CompareExchange(ref _letters, made, null) ?? made;
    }

    private object ContentOf(T message) => Callers is null ? message! : Callers.GetContent(message);
}
