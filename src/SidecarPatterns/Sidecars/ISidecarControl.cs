namespace SidecarPatterns;

/// <summary>The view of all sidecars of a host; inject it where their state is of interest.</summary>
/// <remarks>Thread-safe, at any moment of the host's life.</remarks>
public interface ISidecarControl
{
    /// <summary>The names of all sidecars, in the order of their registration.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Takes a snapshot of one sidecar.</summary>
    /// <param name="name">The sidecar's name, without regard to case.</param>
    /// <returns>The state and the account at this moment.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No sidecar has this name; the message lists those that are registered.</exception>
    SidecarSnapshot GetSnapshot(string name);

    /// <summary>Takes a snapshot of every sidecar, in the order of their registration.</summary>
    /// <returns>One snapshot a sidecar, each taken at its own moment.</returns>
    IReadOnlyList<SidecarSnapshot> GetSnapshots();

    /// <summary>Lists the dead letters that a sidecar still remembers, oldest first.</summary>
    /// <param name="name">The sidecar's name, without regard to case.</param>
    /// <returns>At most <see cref="SidecarOptions.DeadLetterCapacity"/> letters; empty for a sidecar without messages.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No sidecar has this name; the message lists those that are registered.</exception>
    IReadOnlyList<DeadLetter> GetDeadLetters(string name);

    /// <summary>Watches the lives of all sidecars: tells first how each stands, then every transition.</summary>
    /// <param name="ct">Ends the watch.</param>
    /// <returns>
    /// The current state of every sidecar, in the order of their registration, with <see cref="SidecarTransition.Previous"/> being
    /// <see langword="null"/>; then each transition once, those of one sidecar in their order. It ends by itself when the host is disposed of.
    /// </returns>
    /// <remarks>
    /// A watch begins when it is enumerated; there can be several, each at a pace of its own. None holds up a sidecar: when 256 transitions of one
    /// sidecar wait for a watcher, the oldest of them makes room for the next, and <see cref="SidecarTransition.Missed"/> marks the gap. The last
    /// state of each sidecar is always told.
    /// </remarks>
    /// <exception cref="OperationCanceledException">While it is enumerated: <paramref name="ct"/> was cancelled.</exception>
    IAsyncEnumerable<SidecarTransition> WatchAsync(CancellationToken ct = default);
}
