using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The dispatch side of one sidecar with messages: its queue, its writer, and what its lanes go by, whatever they take.</summary>
/// <remarks>
/// How messages are settled that were not handled is in <c>MessageWorker.Settling.cs</c>, the account in <c>MessageWorker.Account.cs</c>, what the control asks
/// in <c>MessageWorker.Control.cs</c>. What lanes take, and how that is attempted again, is a <see cref="LaneWorker{T}"/>'s or a <c>BatchWorker</c>'s.
/// </remarks>
internal abstract partial class MessageWorker<T> : SidecarWorker, ISettlements
{
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly IDeadLetterSink? _sink;
    private DeadLetterOffice? _letters; // Made for the first letter: most sidecars never have one.

    protected MessageWorker(
        string name,
        MessageQueue<T> queue,
        QueueWriter<T> writer,
        SidecarMetrics metrics,
        SidecarOptions options,
        SidecarEnvironment environment,
        IDeadLetterSink? sink)
        : base(options)
    {
        _name = name;
        Environment = environment;
        _logger = environment.DispatchLogger;
        Watch = new SettlementWatch(this);
        _sink = sink;
        Queue = queue;
        queue.Flushes = Watch;
        Writer = writer;
        Metrics = metrics;
        Retry = RetryRule.From(options);
        MayHaveRetried |= Retry is not null;
        RateLimit = options.MaxRate is { } rate ? new PacedRateLimiter(rate, environment.TimeProvider) : null;
        if (environment.Governor is { } governor)
        {
            Governed = new GovernedSidecar(
                governor,
                options.Priority,
                () => Options.Concurrency,
                () => Callers is not null || (queue.HasMadePublishersWait && queue.IsFull));
            queue.OnPublisherWaits = Governed.GoOn;
        }
    }

    public MessageQueue<T> Queue { get; }

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

    protected SidecarEnvironment Environment { get; }

    public SidecarWatchdog Watchdog => Environment.Watchdog;

    public override double Share => Callers is null && Governed is { } governed ? governed.Share : 1;

    public override bool HasMessagesLeft => Queue.ReadPosition().Queued > 0;

    public override bool EndsWhenDrained => true;

    public override IReadOnlyList<DeadLetter> DeadLetters => _letters?.ToList() ?? [];

    public override IReadOnlyCollection<KeyValuePair<string, long>> Failures => _letters?.ReadFailures() ?? [];

    /// <summary>Goes by other options from here on; lanes adopt them between two messages.</summary>
    public override void Apply(SidecarOptions options)
    {
        Retry = RetryRule.From(options);
        MayHaveRetried |= Retry is not null;
        Metrics.NeedsTimes |= options.MaxAge is not null;
        RateLimit?.SetRate(options.MaxRate ?? double.PositiveInfinity); // Where there is no limit any more, whoever waits for a turn need not.
        RateLimit = options.MaxRate is { } rate ? RateLimit ?? new PacedRateLimiter(rate, Environment.TimeProvider) : null;
        base.Apply(options); // Last: a lane that finds other options adopts what goes with them, once.
    }

    public override void CloseIntake(Exception? cause) => Queue.Close(cause);

    public override void Reopen() => Queue.Reopen();

    public bool IsExpired(in MessageOrigin origin) => Options.MaxAge is { } maxAge && origin.PublishedAt != 0 &&
        Environment.TimeProvider.GetElapsedTime(origin.PublishedAt) > maxAge;

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

    private DeadLetterOffice MakeLetters()
    {
        var made = new DeadLetterOffice(_name, Options.DeadLetterCapacity, Environment) { Sink = _sink };
        return Interlocked.CompareExchange(ref _letters, made, null) ?? made;
    }

    private object ContentOf(T message) => Callers is null ? message! : Callers.GetContent(message);
}
