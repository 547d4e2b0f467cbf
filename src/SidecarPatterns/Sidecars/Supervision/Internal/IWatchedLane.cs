namespace SidecarPatterns;

/// <summary>A lane as its watchdog sees it. Any thread.</summary>
internal interface IWatchedLane
{
    /// <summary>Whether it has begun to call handlers, and has not come to rest.</summary>
    bool IsBusy { get; }

    /// <summary>The type of its messages.</summary>
    Type MessageType { get; }

    /// <summary>What the watchdog has seen.</summary>
    CallWatch? Watch { get; set; }

    /// <summary>The number of the call that is under way, if one is, and since when it is; 0 if that is not known.</summary>
    bool TryReadCall(out long number, out long since);

    /// <summary>Cancels the token of the lane's calls.</summary>
    void Cancel(DeadLetterReason reason);

    /// <inheritdoc cref="Incarnation.TryInterrupt"/>
    bool TryInterrupt(DeadLetterReason reason, Exception? cause);
}
