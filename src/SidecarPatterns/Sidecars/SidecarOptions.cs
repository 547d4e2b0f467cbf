using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>The settings of one sidecar.</summary>
/// <remarks>
/// Bound from the configuration section <c>Sidecars:&lt;name&gt;</c>, then changed by the callback of the registration, then
/// checked. A wrong value stops the start of the host with an error that names the key, the value and what is allowed.
/// </remarks>
public sealed class SidecarOptions
{
    /// <summary>How many messages can wait in the queue, or for the application to read them; the one that is with the handler does not count.</summary>
    /// <value>1024 by default; from 1 to 67,108,864. Memory grows with use, up to this bound.</value>
    public int Capacity { get; set; } = SidecarConstants.Capacity;

    /// <summary>
    /// How many bytes of messages can wait in the queue, as <see cref="ISidecarBuilder{TMessage}.SizeOf"/> measures them; beside <see cref="Capacity"/>.
    /// </summary>
    /// <value>
    /// <see langword="null"/> by default: no limit; otherwise from 1. A message that is larger than that is taken when no other waits. Only for
    /// sidecars with <see cref="ISidecarBuilder{TMessage}.SizeOf"/>.
    /// </value>
    public long? CapacityInBytes { get; set; }

    /// <summary>What happens to a publish when the queue is full.</summary>
    /// <value>
    /// <see cref="BoundedChannelFullMode.Wait"/> by default: publishers wait, nothing is lost. <c>DropOldest</c> and <c>DropNewest</c>
    /// evict a waiting message for the new one; <c>DropWrite</c> drops the new one.
    /// </value>
    public BoundedChannelFullMode FullMode { get; set; } = SidecarConstants.FullMode;

    /// <summary>Whether a failure for good stops the host, and a failed start fails the host's start.</summary>
    /// <value><see langword="true"/> by default. An optional sidecar (<see langword="false"/>) degrades or fails by itself.</value>
    public bool Critical { get; set; } = true;

    /// <summary>Whether the failure for good of a critical sidecar makes <see cref="Environment.ExitCode"/> 1, if it was 0.</summary>
    /// <value><see langword="true"/> by default. A <c>Main</c> that returns a number of its own overrides it: return
    /// <see cref="Environment.ExitCode"/>.</value>
    public bool SetExitCode { get; set; } = true;

    /// <summary>Whether the sidecar is ready only once it has called <see cref="SidecarContext.SignalReady"/>.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool WaitForSignal { get; set; }

    /// <summary>How long the sidecar may take to become ready.</summary>
    /// <value>30 s by default; more than zero, at most 49 days.</value>
    public TimeSpan StartupTimeout { get; set; } = SidecarConstants.StartupTimeout;

    /// <summary>How long the sidecar may take to handle what it has when the host stops; also bounded by the host's own time to shut down.</summary>
    /// <value>10 s by default; from zero to 49 days.</value>
    public TimeSpan DrainTimeout { get; set; } = SidecarConstants.DrainTimeout;

    /// <summary>How long one call of the handler may take before it is cancelled and counts as failed.</summary>
    /// <value><see langword="null"/> by default: no limit; otherwise more than zero, at most 49 days.</value>
    public TimeSpan? HandlerTimeout { get; set; }

    /// <summary>
    /// How long a caller of <see cref="SidecarClient{TRequest, TReply}"/> waits for the reply, the wait for room in the queue and for its turn included.
    /// </summary>
    /// <value>
    /// 30 s by default; more than zero, at most 49 days. Counted from the call of <c>AskAsync</c>; then the caller gets a <see cref="TimeoutException"/>
    /// and the handler's token is cancelled. Of no meaning to sidecars that do not reply.
    /// </value>
    public TimeSpan ReplyTimeout { get; set; } = SidecarConstants.ReplyTimeout;

    /// <summary>How many messages are handled at the same time, by one instance.</summary>
    /// <value>
    /// 1 by default: one after the other, in the order of their publishing. From 1 to 1024; with more than one they begin in that order, and
    /// keep it to the end for each key that <see cref="ISidecarBuilder{TMessage}.PartitionBy{TKey}"/> gives them.
    /// </value>
    public int Concurrency { get; set; } = SidecarConstants.Concurrency;

    /// <summary>How many messages a batch sidecar is given at a time, at most.</summary>
    /// <value>100 by default; from 1 to <see cref="Capacity"/>. Without meaning for other sidecars.</value>
    public int BatchSize { get; set; } = SidecarConstants.BatchSize;

    /// <summary>How old the oldest message of a batch may become before the batch is handed over although it is not full.</summary>
    /// <value>1 s by default; from zero, for whatever is there, to 49 days. Without meaning for other sidecars.</value>
    public TimeSpan BatchDelay { get; set; } = SidecarConstants.BatchDelay;

    /// <summary>
    /// How often a batch sidecar looks whether there are messages, instead of being woken for them: publishers then pay nothing for waking it.
    /// </summary>
    /// <value>
    /// <see langword="null"/> by default: it is woken. Otherwise more than zero, at most 49 days; then <see cref="BatchDelay"/> means nothing: each look hands
    /// over all that is there. A publisher wakes it when a quarter of <see cref="Capacity"/> is used, or when there is no room; so do a flush and the stop; and
    /// so does the first message after a second without any, before which it sleeps. A few milliseconds are right where messages come one by one. Without
    /// meaning for other sidecars.
    /// </value>
    public TimeSpan? BatchInterval { get; set; }

    /// <summary>How many times a message may be attempted, the first time included, before it becomes a dead letter.</summary>
    /// <value>1 by default: no retry; from 1 to 1,000. Not together with <see cref="Pipeline"/>.</value>
    public int MaxAttempts { get; set; } = SidecarConstants.MaxAttempts;

    /// <summary>The bound of the wait before the second attempt, doubled for each further one; the wait is a random part of it (full jitter).</summary>
    /// <value>200 ms by default; from zero to 49 days.</value>
    public TimeSpan RetryDelay { get; set; } = SidecarConstants.RetryDelay;

    /// <summary>The longest bound of the wait before an attempt.</summary>
    /// <value>30 s by default; from <see cref="RetryDelay"/> to 49 days.</value>
    public TimeSpan MaxRetryDelay { get; set; } = SidecarConstants.MaxRetryDelay;

    /// <summary>
    /// The name of a Polly pipeline, registered with a <c>ResiliencePipelineProvider&lt;string&gt;</c> in the container, that every call of the handler goes
    /// through. <see cref="HandlerTimeout"/> then bounds the whole of it, and <see cref="SidecarContext.Attempt"/> counts its calls.
    /// </summary>
    /// <value><see langword="null"/> by default: none. Not together with <see cref="MaxAttempts"/>.</value>
    public string? Pipeline { get; set; }

    /// <summary>How old a message may be when its turn comes; an older one becomes a dead letter instead of being handled.</summary>
    /// <value><see langword="null"/> by default: any age; otherwise more than zero, at most 49 days.</value>
    public TimeSpan? MaxAge { get; set; }

    /// <summary>Whether every message is handled by an instance of its own, in a dependency injection scope of its own.</summary>
    /// <value><see langword="false"/> by default: one instance and one scope per incarnation.</value>
    public bool ScopePerMessage { get; set; }

    /// <summary>How many messages are handed to the handler in a second, at most; further ones wait in the queue, also while the sidecar drains.</summary>
    /// <value>
    /// <see langword="null"/> by default: no limit; otherwise a number above 0, up to 1,000,000,000. Messages are spread evenly; after a pause, no
    /// more than 20 ms' worth come at once. Retries do not count.
    /// </value>
    public double? MaxRate { get; set; }

    /// <summary>Where the sidecar's loop and the synchronous part of its handlers run.</summary>
    /// <value><see cref="SidecarIsolation.ThreadPool"/> by default. Of no meaning to hosted services.</value>
    public SidecarIsolation Isolation { get; set; } = SidecarConstants.Isolation;

    /// <summary>Who gives way first while the governor finds the process near a limit, and the priority of a dedicated thread.</summary>
    /// <value><see cref="SidecarPriority.Normal"/> by default. To Linux the priority of a thread means nothing.</value>
    public SidecarPriority Priority { get; set; } = SidecarConstants.Priority;

    /// <summary>How long one call of the handler may run before the watchdog reports it.</summary>
    /// <value>60 s by default; more than zero, at most 49 days, or <see langword="null"/> for no watchdog. A call that follows others at once may be reported
    /// later, within twice the time.</value>
    public TimeSpan? StuckAfter { get; set; } = SidecarConstants.StuckAfter;

    /// <summary>
    /// Whether a call that runs longer than <see cref="StuckAfter"/> is a failure of the sidecar: its token is cancelled, it is given up on a second
    /// later, and a fresh instance goes on, as <see cref="RestartPolicy"/> says.
    /// </summary>
    /// <value><see langword="false"/> by default: it is only reported.</value>
    public bool RestartWhenStuck { get; set; }

    /// <summary>How many handler calls that were given up on, since they ignore their token, may still run; with one more the sidecar fails for good.</summary>
    /// <value>3 by default; from 0 to 1,000.</value>
    public int MaxAbandoned { get; set; } = SidecarConstants.MaxAbandoned;

    /// <summary>How many dead letters are remembered; older ones are forgotten.</summary>
    /// <value>100 by default; from 0 to 1,000,000.</value>
    public int DeadLetterCapacity { get; set; } = SidecarConstants.DeadLetterCapacity;

    /// <summary>When the sidecar is restarted.</summary>
    /// <value><see cref="RestartPolicy.OnFailure"/> by default.</value>
    public RestartPolicy RestartPolicy { get; set; } = SidecarConstants.Policy;

    /// <summary>How long the first restart waits; each further one in a row waits twice as long, give or take 20 %.</summary>
    /// <value>1 s by default; from zero to 49 days.</value>
    public TimeSpan RestartDelay { get; set; } = SidecarConstants.RestartDelay;

    /// <summary>The longest wait before a restart.</summary>
    /// <value>30 s by default; from <see cref="RestartDelay"/> to 49 days.</value>
    public TimeSpan MaxRestartDelay { get; set; } = SidecarConstants.MaxRestartDelay;

    /// <summary>How many restarts in a row may fail before the failure is for good.</summary>
    /// <value>5 by default, so that the sixth failure in a row is the last; from 0 to 1,000,000.</value>
    public int MaxRestarts { get; set; } = SidecarConstants.MaxRestarts;

    /// <summary>How long an incarnation must have been ready for its failure to begin a new row.</summary>
    /// <value>60 s by default; from zero to 49 days.</value>
    public TimeSpan HealthyAfter { get; set; } = SidecarConstants.HealthyAfter;
}
