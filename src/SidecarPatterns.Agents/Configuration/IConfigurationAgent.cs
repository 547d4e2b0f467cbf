namespace SidecarPatterns;

/// <summary>
/// What a configuration agent knows and does. Inject it for a page, or for a webhook that says that there is something new; by its name where there are
/// several.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public interface IConfigurationAgent
{
    /// <summary>The name of its sidecar.</summary>
    string Name { get; }

    /// <summary>How it stands.</summary>
    /// <returns>The version in force, the account of its looks, the last error. No value of the configuration is in it.</returns>
    ConfigurationAgentSnapshot GetSnapshot();

    /// <summary>Looks for a new version now, instead of when the interval is over.</summary>
    /// <param name="ct">Ends the wait, not the look; where the host has not started yet, it waits for that too.</param>
    /// <returns>How it stands after that look: with a new version, without, or with an error.</returns>
    /// <exception cref="InvalidOperationException">
    /// The sidecar was stopped, or it is called from a listener of the configuration's changes, for whose end the agent waits; or it takes what a source of
    /// your own gives, and has nobody to ask.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    Task<ConfigurationAgentSnapshot> RefreshAsync(CancellationToken ct = default);
}
