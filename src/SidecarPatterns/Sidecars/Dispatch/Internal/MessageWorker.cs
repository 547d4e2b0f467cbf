using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The dispatch side of one sidecar with messages: its queue, its writer, its dead letters, and a lane for each incarnation.</summary>
internal sealed class MessageWorker<T> : SidecarWorker
{
    private const int MaxReads = 100;

    private readonly SidecarFactory<ISidecar<T>> _factory;
    private readonly SidecarEnvironment _environment;
    private readonly DeadLetterRing _deadLetters;
    private readonly ILogger _logger;
    private readonly string _name;
    private Dictionary<string, long>? _failures; // Guarded by the lock on the dead letters.
    private long _late;

    public MessageWorker(
        string name,
        SidecarFactory<ISidecar<T>> factory,
        MessageQueue<T> queue,
        QueueWriter<T> writer,
        SidecarMetrics metrics,
        SidecarOptions options,
        SidecarEnvironment environment)
    {
        _name = name;
        _factory = factory;
        _environment = environment;
        _logger = environment.DispatchLogger;
        _deadLetters = new DeadLetterRing(options.DeadLetterCapacity);
        Queue = queue;
        Writer = writer;
        Metrics = metrics;
        Options = options;
    }

    public MessageQueue<T> Queue { get; }

    public QueueWriter<T> Writer { get; }

    public SidecarMetrics Metrics { get; }

    public SidecarOptions Options { get; }

    public override bool HasMessagesLeft => Queue.ReadPosition().Queued > 0;

    public override bool EndsWhenDrained => true;

    public override IReadOnlyList<DeadLetter> DeadLetters => _deadLetters.ToList();

    public override IReadOnlyCollection<KeyValuePair<string, long>> Failures
    {
        get
        {
            lock (_deadLetters)
            {
                return _failures?.ToArray() ?? [];
            }
        }
    }

    public override Incarnation Create(IServiceProvider services, SidecarContext context)
    {
        var (sidecar, owned) = _factory.Create(services);

        // With a scope per message this instance shows that one can be made, and is asked to prepare; messages get their own.
        var handler = Options.ScopePerMessage ? new ScopedSidecar<T>(_environment.Services, _factory) : sidecar;
        return new DispatchLane<T>(this, handler, sidecar, owned, context) { IsReadyOnceRunning = !Options.WaitForSignal };
    }

    public override void CloseIntake(Exception? cause) => Queue.Close(cause);

    /// <summary>Settles a message that was taken and not handled.</summary>
    public void Settle(T message, DeadLetterReason reason, Exception? cause, int attempts)
    {
        Remember(message, reason, cause, attempts);
        if (reason == DeadLetterReason.Abandoned)
        {
            Queue.Settle(Settlement.Abandoned);
        }
        else
        {
            Queue.Settle(Settlement.DeadLettered);
            CountFailure(cause, reason);
            LastError = cause ?? LastError;
            DispatchLog.MessageDeadLettered(_logger, _name, reason, attempts, cause);
        }
    }

    public override void SettleRest(DeadLetterReason reason, Exception? cause)
    {
        while (Queue.TryTake(out var message))
        {
            Remember(message, reason, cause, attempts: 0);
            if (reason == DeadLetterReason.Abandoned)
            {
                Queue.Settle(Settlement.Abandoned);
            }
            else
            {
                Queue.Settle(Settlement.DeadLettered);
                CountFailure(cause, reason);
            }
        }
    }

    public void CountLate() => Interlocked.Increment(ref _late);

    public override SidecarAccount ReadAccount()
    {
        // Settled before and after: if both agree, what was taken in between is exactly what is in flight.
        long handled, deadLettered, abandoned, settled;
        QueuePosition position;
        var attempts = 0;
        do
        {
            handled = Queue.Settled.Handled;
            deadLettered = Queue.Settled.DeadLettered;
            abandoned = Queue.Settled.Abandoned;
            settled = handled + deadLettered + abandoned;
            position = Queue.ReadPosition();
        }
        while (Queue.Settled.Total != settled && ++attempts < MaxReads);

        if (position.Taken - settled > 1)
        {
            // A lane that never rests: what it took since the first look is shown where it was then, in the queue.
            position = position with { Taken = settled + 1 };
            position = position with { Accepted = position.Accepted - Math.Max(position.Queued - Queue.Capacity, 0) };
        }

        return new SidecarAccount
        {
            Accepted = position.Accepted,
            Handled = handled,
            DeadLettered = deadLettered,
            Evicted = position.Evicted,
            Abandoned = abandoned,
            Queued = position.Queued,
            InFlight = position.Taken - settled,
            Capacity = Queue.Capacity,
            Late = Interlocked.Read(ref _late),
            Rejected = Queue.Refusals.ReadRejected(),
            Dropped = Queue.Refusals.ReadDropped(),
        };
    }

    private void CountFailure(Exception? cause, DeadLetterReason reason)
    {
        var type = cause?.GetType().FullName ?? reason.ToString();
        lock (_deadLetters)
        {
            _failures ??= [];
            _failures[type] = _failures.GetValueOrDefault(type) + 1;
        }
    }

    private void Remember(T message, DeadLetterReason reason, Exception? cause, int attempts) =>
        _deadLetters.Add(new DeadLetter
        {
            SidecarName = _name,
            Message = message!,
            Reason = reason,
            Exception = cause,
            Attempts = attempts,
            Time = _environment.TimeProvider.GetUtcNow(),
        });
}
