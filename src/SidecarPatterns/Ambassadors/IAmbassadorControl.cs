namespace SidecarPatterns;

/// <summary>Shows what the ambassadors of a container do, and takes them in hand. From the container; thread-safe.</summary>
public interface IAmbassadorControl
{
    /// <summary>How all ambassadors stand, by name; those that exist by client defaults from their first handler on.</summary>
    IReadOnlyList<AmbassadorSnapshot> GetSnapshots();

    /// <summary>How one ambassador stands.</summary>
    /// <param name="name">Its name, without regard to case.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">There is none of that name; the message says which there are.</exception>
    AmbassadorSnapshot GetSnapshot(string name);

    /// <summary>Opens the circuit until it is released: every call is refused. It outlives reloads and handlers.</summary>
    /// <param name="name">The ambassador's name, without regard to case.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">There is none of that name; the message says which there are.</exception>
    void ForceOpen(string name);

    /// <summary>Closes the circuit until it is released: every call goes out, whatever fails. Attempts still count.</summary>
    /// <param name="name">The ambassador's name, without regard to case.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">There is none of that name; the message says which there are.</exception>
    void ForceClosed(string name);

    /// <summary>Takes back what was forced, and lets an ambassador that was drained take calls again. Where nothing was, nothing happens.</summary>
    /// <param name="name">The ambassador's name, without regard to case.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">There is none of that name; the message says which there are.</exception>
    void Release(string name);

    /// <summary>Has calls refused from now on, with <see cref="AmbassadorRejectedException"/>, and waits for those that are under way.</summary>
    /// <param name="name">The ambassador's name, without regard to case.</param>
    /// <param name="ct">Ends the wait; calls stay refused until <see cref="Release"/>.</param>
    /// <returns>Completes when no call is under way.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">There is none of that name; the message says which there are.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    Task DrainAsync(string name, CancellationToken ct = default);
}
