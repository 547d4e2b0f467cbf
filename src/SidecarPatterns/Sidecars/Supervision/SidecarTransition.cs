namespace SidecarPatterns;

/// <summary>One step in the life of a sidecar, as <see cref="ISidecarControl.WatchAsync"/> tells of it.</summary>
/// <remarks>
/// Nearly always from one state to another. An incarnation that fails before it is ready leaves the sidecar <see cref="SidecarState.Restarting"/>:
/// that is told as a step from this state to itself, since its error and its delay are new.
/// </remarks>
public sealed record SidecarTransition
{
    /// <summary>The sidecar's name.</summary>
    public required string SidecarName { get; init; }

    /// <summary>The state that it left.</summary>
    /// <value><see langword="null"/> for the state in which the watcher found it.</value>
    public SidecarState? Previous { get; init; }

    /// <summary>The state that it entered.</summary>
    public required SidecarState State { get; init; }

    /// <summary>When that was.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Which incarnation ran, or had run last.</summary>
    /// <value>0 before the first start.</value>
    public int Incarnation { get; init; }

    /// <summary>How long after <see cref="Time"/> the next incarnation begins.</summary>
    /// <value><see langword="null"/> unless <see cref="State"/> is <see cref="SidecarState.Restarting"/> and the restart is put off.</value>
    public TimeSpan? RestartDelay { get; init; }

    /// <summary>What it failed with, if a failure brought it here.</summary>
    /// <value><see langword="null"/> if none did.</value>
    public Exception? Error { get; init; }

    /// <summary>How many transitions of this sidecar came just before this one and were left out, since the watcher was too slow.</summary>
    /// <value>0 where there is no gap.</value>
    public long Missed { get; init; }
}
