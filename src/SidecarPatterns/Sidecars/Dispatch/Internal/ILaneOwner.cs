namespace SidecarPatterns;

/// <summary>What a lane knows of the sidecar that it works for.</summary>
/// <typeparam name="TItem">What the lane takes: a message, or a batch of them.</typeparam>
internal interface ILaneOwner<TItem>
{
    /// <summary>The queue that a handler of this sidecar must not wait for.</summary>
    object OwnQueue { get; }

    int Capacity { get; }

    /// <summary>The type of the messages.</summary>
    Type MessageType { get; }

    /// <summary>The options at present: another object whenever they have changed.</summary>
    SidecarOptions Options { get; }

    SidecarMetrics Metrics { get; }

    /// <summary>How failed items are attempted again; <see langword="null"/> if they are not.</summary>
    RetryRule? Retry { get; }

    /// <summary>Whether items may have been attempted before: what was to be attempted again is, although retries have been turned off since.</summary>
    bool MayHaveRetried { get; }

    /// <summary>Whether an item may turn out to be too old.</summary>
    bool HasExpiry { get; }

    SettlementWatch Watch { get; }

    SidecarWatchdog Watchdog { get; }

    /// <summary>What limits how many items are taken in a time; <see langword="null"/> for nothing.</summary>
    PacedRateLimiter? RateLimit { get; }

    /// <summary>The sidecar as the governor sees it; <see langword="null"/> where there is none.</summary>
    GovernedSidecar? Governed { get; }

    /// <summary>Those who wait for replies; <see langword="null"/> where nobody does.</summary>
    ICallers<TItem>? Callers { get; }

    PauseGate Pause { get; }

    /// <summary>What an incarnation before left.</summary>
    ReturnedMessages<TItem> Returned { get; }

    /// <summary>The origins of an item that is several messages; <see langword="null"/> for a single one.</summary>
    IMessageOrigins? OriginsOf(TItem item);

    bool IsExpired(in MessageOrigin origin);

    /// <summary>Whether the one who sent an item does not wait for what becomes of it any more.</summary>
    bool IsUnwanted(TItem item);

    /// <summary>An attempt failed: settles what its handler has settled by itself, and tells whether anything is left.</summary>
    bool HasLeft(TItem item);

    /// <summary>Whether an item that failed so often is attempted again.</summary>
    /// <param name="item">The item.</param>
    /// <param name="failure">What it failed with; <see langword="null"/> if the attempt was cut off.</param>
    /// <param name="attempts">How many were made.</param>
    bool MayRetry(TItem item, Exception? failure, int attempts);

    /// <summary>How long a planned attempt waits; it is made at once if the options say nothing of attempts any more.</summary>
    TimeSpan RetryDelayAfter(int attempts);

    /// <summary>Settles an item that was taken and not handled.</summary>
    /// <returns>Completes when its letters have been delivered, and never fails.</returns>
    Task Settle(MessageSource<TItem> source, TItem item, DeadLetterReason reason, Exception? cause, int attempts);

    /// <summary>Takes an item away from a call that was given up on, but may look at it and say things of it for as long as it likes.</summary>
    /// <returns>What goes on in its place.</returns>
    TItem Detach(TItem item);

    /// <summary>A call ended after its item had been settled.</summary>
    void CountLate();

    /// <summary>A call that does not end was given up on.</summary>
    void CountAbandonedCall();
}
