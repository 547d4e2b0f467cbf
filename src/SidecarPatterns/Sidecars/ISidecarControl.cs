using System.Diagnostics.CodeAnalysis;

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

    /// <summary>Publishes dead letters to their sidecar anew. Each that is accepted counts once more in the account, and is not listed any more.</summary>
    /// <param name="name">The sidecar's name, without regard to case.</param>
    /// <param name="choose">Which; by default all. It is asked once for each letter, oldest first.</param>
    /// <returns>How many were accepted; those that the queue has no room for, or that come after a stop, stay where they are.</returns>
    /// <remarks>
    /// A message that fails again becomes a letter whose <see cref="DeadLetter.Previous"/> is the one before. A request runs with nobody waiting for its reply.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No sidecar has this name; the message lists those that are registered.</exception>
    int ReplayDeadLetters(string name, Func<DeadLetter, bool>? choose = null);

    /// <summary>Forgets dead letters.</summary>
    /// <param name="name">The sidecar's name, without regard to case.</param>
    /// <param name="choose">Which; by default all. It is asked once for each letter, oldest first.</param>
    /// <returns>How many.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No sidecar has this name; the message lists those that are registered.</exception>
    int DiscardDeadLetters(string name, Func<DeadLetter, bool>? choose = null);

    /// <summary>
    /// Makes a sidecar begin nothing new until <see cref="Resume"/>: what is published after the return waits. What is under way goes on; publishes
    /// are accepted up to the capacity.
    /// </summary>
    /// <param name="name">The sidecar's name, without regard to case.</param>
    /// <remarks>Does nothing if it is paused. A pause outlives restarts; a stop ends it, so that the sidecar drains.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No sidecar has this name; the message lists those that are registered.</exception>
    /// <exception cref="InvalidOperationException">The sidecar takes no messages, drains, or has ended.</exception>
    void Pause(string name);

    /// <summary>Ends a pause; does nothing if there is none.</summary>
    /// <param name="name">The sidecar's name, without regard to case.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No sidecar has this name; the message lists those that are registered.</exception>
    /// <exception cref="InvalidOperationException">The sidecar takes no messages.</exception>
    [SuppressMessage("Naming", "CA1716", Justification = "The field's own word, and the other half of Pause.")]
    void Resume(string name);

    /// <summary>Waits until everything that a sidecar had accepted at the call is settled: handled, dead-lettered, evicted or abandoned.</summary>
    /// <param name="name">The sidecar's name, without regard to case.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>A task that completes then.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No sidecar has this name; the message lists those that are registered.</exception>
    /// <exception cref="InvalidOperationException">The sidecar takes no messages or is paused, or its own handler asks.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    Task FlushAsync(string name, CancellationToken ct = default);

    /// <summary>
    /// Replaces the incarnation of a sidecar. Its message in flight is settled first, for which it has
    /// <see cref="SidecarOptions.HandlerTimeout"/> or else <see cref="SidecarOptions.DrainTimeout"/>. One that is Stopped or Failed opens again.
    /// </summary>
    /// <param name="name">The sidecar's name, without regard to case.</param>
    /// <param name="ct">Ends the wait, but not the restart.</param>
    /// <returns>A task that completes when the new incarnation is ready.</returns>
    /// <remarks>A restart that is asked for while one is under way is the same restart.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No sidecar has this name; the message lists those that are registered.</exception>
    /// <exception cref="InvalidOperationException">The host has not started the sidecar, or stops, or the sidecar drains, or ended before it was ready
    /// again.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    Task RestartAsync(string name, CancellationToken ct = default);

    /// <summary>
    /// Ends a sidecar before the host does: it takes no more messages, and handles those it has within <see cref="SidecarOptions.DrainTimeout"/>.
    /// </summary>
    /// <param name="name">The sidecar's name, without regard to case.</param>
    /// <param name="ct">Ends the wait, but not the drain.</param>
    /// <returns>A task that completes when the sidecar is Stopped.</returns>
    /// <remarks>Does nothing for one that has ended. <see cref="RestartAsync"/> opens it again.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">No sidecar has this name; the message lists those that are registered.</exception>
    /// <exception cref="InvalidOperationException">The host has not started the sidecar.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    Task DrainAsync(string name, CancellationToken ct = default);

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
