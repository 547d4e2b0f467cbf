namespace SidecarPatterns;

/// <summary>The state of a sidecar and the account of its messages at one moment.</summary>
/// <remarks>
/// At every quiet moment (no publish and no handler call under way)
/// <c>Accepted = Handled + DeadLettered + Evicted + Abandoned + Queued + InFlight</c>, exactly. In between no number is
/// negative and no message stands in two places. All counts are of messages since the host was built.
/// </remarks>
public sealed record SidecarSnapshot
{
    /// <summary>The sidecar's name.</summary>
    public required string Name { get; init; }

    /// <summary>The state that the sidecar is in.</summary>
    public required SidecarState State { get; init; }

    /// <summary>When the sidecar entered <see cref="State"/>.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>
    /// Whether the sidecar can work: <see cref="SidecarState.Ready"/>, or <see cref="SidecarState.Degraded"/> for an optional one, and the host is not
    /// stopping.
    /// </summary>
    public required bool IsReady { get; init; }

    /// <summary>Whether a failure for good stops the host.</summary>
    public required bool Critical { get; init; }

    /// <summary>Why it works less well than it should, as it has said by <see cref="SidecarContext.ReportDegraded"/>.</summary>
    /// <value><see langword="null"/> if it has not, has taken it back, or has ended.</value>
    public string? DegradedReason { get; init; }

    /// <summary>Messages that the queue has taken: every publish that was answered with success.</summary>
    public long Accepted { get; init; }

    /// <summary>Messages whose handler succeeded; of a source, those that the application has read.</summary>
    public long Handled { get; init; }

    /// <summary>Messages that were given up on: their handler failed, or their sidecar did.</summary>
    public long DeadLettered { get; init; }

    /// <summary>
    /// Messages that were accepted and then displaced by a later one (<c>DropOldest</c>, <c>DropNewest</c>), or cancelled by their sender before their turn.
    /// </summary>
    public long Evicted { get; init; }

    /// <summary>Messages that were left when the time to drain was over; of a source, those that nobody had read at the end.</summary>
    public long Abandoned { get; init; }

    /// <summary>Messages that wait for their turn.</summary>
    public long Queued { get; init; }

    /// <summary>Messages that are with the handler, or wait for another attempt.</summary>
    public long InFlight { get; init; }

    /// <summary>How many messages can wait.</summary>
    /// <value>0 for a sidecar without messages.</value>
    public int Capacity { get; init; }

    /// <summary>The bytes of the messages that wait for their turn, as <see cref="ISidecarBuilder{TMessage}.SizeOf"/> measured them.</summary>
    /// <value><see langword="null"/> for a sidecar without <see cref="ISidecarBuilder{TMessage}.SizeOf"/>.</value>
    public long? QueuedBytes { get; init; }

    /// <summary>How many bytes can wait.</summary>
    /// <value><see langword="null"/> for any number.</value>
    public long? CapacityInBytes { get; init; }

    /// <summary>Publishes that were refused; never accepted, so beside the law.</summary>
    public long Rejected { get; init; }

    /// <summary><see cref="Rejected"/> by reason; reasons that never occurred are left out.</summary>
    public required IReadOnlyDictionary<PublishReason, long> RejectedByReason { get; init; }

    /// <summary>Publishes whose message was dropped as the mode of the full queue says; never accepted, so beside the law.</summary>
    public long Dropped { get; init; }

    /// <summary><see cref="Dropped"/> by reason; reasons that never occurred are left out.</summary>
    public required IReadOnlyDictionary<PublishReason, long> DroppedByReason { get; init; }

    /// <summary>Handler calls that ended after their message had been settled without them.</summary>
    public long Late { get; init; }

    /// <summary>
    /// Handler calls that were given up on, since they ignored the cancellation of their token; those that have ended since count in <see cref="Late"/> too.
    /// </summary>
    public long AbandonedCalls { get; init; }

    /// <summary>Handler calls that run for longer than <see cref="SidecarOptions.StuckAfter"/> at present, as far as the watchdog has seen.</summary>
    public int Stuck { get; init; }

    /// <summary>How long handlers have been running, what runs now included, the time of concurrent ones added up; without waits between attempts.</summary>
    /// <remarks>
    /// Read from a clock that goes in steps of a few milliseconds, over many calls that follow one another at once: exact over the long run.
    /// Calls that were given up on count up to then.
    /// </remarks>
    public TimeSpan BusyTime { get; init; }

    /// <summary>Dead letters that the memory had no room for any more.</summary>
    public long Forgotten { get; init; }

    /// <summary>What part of its time the governor leaves to the sidecar at present, to each of its lanes alike.</summary>
    /// <value>1, for all of it, where there is no pressure, or no governor.</value>
    public double Share { get; init; } = 1;

    /// <summary>Why the last change of its configuration was not adopted: key, value and what is allowed. The options before stay in force.</summary>
    /// <value><see langword="null"/> if the options are those of the configuration.</value>
    public string? OptionsError { get; init; }

    /// <summary>Which incarnation runs, or ran last.</summary>
    /// <value>0 before the first start.</value>
    public int Incarnation { get; init; }

    /// <summary>How many times the sidecar was restarted.</summary>
    public int Restarts { get; init; }

    /// <summary>The last exception of a handler, of the sidecar's start or of its run.</summary>
    /// <value><see langword="null"/> if there was none.</value>
    public Exception? LastError { get; init; }
}
