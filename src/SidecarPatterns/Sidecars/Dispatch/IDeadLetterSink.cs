namespace SidecarPatterns;

/// <summary>Takes the dead letters of a sidecar, instead of the memory that <see cref="ISidecarControl.GetDeadLetters"/> shows.</summary>
/// <remarks>It is given one letter of a sidecar at a time; one that serves several sidecars must be thread-safe.</remarks>
public interface IDeadLetterSink
{
    /// <summary>Takes a letter. The sidecar waits for it before it handles its next message.</summary>
    /// <param name="letter">The letter.</param>
    /// <param name="ct">Not cancelled at present: a sink that hangs is left behind when the time to drain is over.</param>
    /// <returns>A task that completes when the letter is safe. If it fails, an error is logged, and the letter is remembered in memory instead.</returns>
    ValueTask AddAsync(DeadLetter letter, CancellationToken ct);
}
