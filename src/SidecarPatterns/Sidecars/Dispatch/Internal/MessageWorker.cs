using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The dispatch side of one sidecar with messages: its queue, its writer, its lanes, and what becomes of what they take.</summary>
/// <remarks>
/// How it settles what was not handled is in <c>MessageWorker.Settling.cs</c>, its account in <c>MessageWorker.Account.cs</c>, what the control asks
/// of it in <c>MessageWorker.Control.cs</c>.
/// </remarks>
internal partial class MessageWorker<T> : SidecarWorker, ILaneOwner<T>, ISettlements
{
    private readonly SidecarFactory<ISidecar<T>>? _factory;
    private readonly SidecarEnvironment _environment;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly IDeadLetterSink? _sink;
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
        : base(options)
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

    /// <summary>How failed messages are attempted again; <see langword="null"/> if they are not.</summary>
    public RetryRule? Retry { get; private set; }

    public bool MayHaveRetried { get; private set; }

    public PacedRateLimiter? RateLimit { get; private set; }

    public GovernedSidecar? Governed { get; }

    /// <summary>Which failures are worth another attempt; by default all.</summary>
    public Func<T, Exception, bool>? ShouldHandle { get; init; }

    /// <summary>Those who wait for replies; <see langword="null"/> where nobody does.</summary>
    public ICallers<T>? Callers { get; init; }

    public DeadLetterOffice Letters => _letters ?? MakeLetters();

    protected SidecarEnvironment Environment => _environment;

    public SidecarWatchdog Watchdog => _environment.Watchdog;

    public override double Share => Governed?.Share ?? 1;

    public override bool HasMessagesLeft => HasReturned || Queue.ReadPosition().Queued > 0 || Intake is { ParkedCount: > 0 };

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
        RateLimit?.SetRate(options.MaxRate ?? double.PositiveInfinity); // Where there is no limit any more, whoever waits for a turn need not.
        RateLimit = options.MaxRate is { } rate ? RateLimit ?? new PacedRateLimiter(rate, _environment.TimeProvider) : null;
        base.Apply(options); // Last: a lane that finds other options adopts what goes with them, once.
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
