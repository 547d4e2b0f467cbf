namespace SidecarPatterns;

/// <summary>An optional hook of any sidecar: preparation that must be complete before the sidecar counts as ready.</summary>
/// <remarks>
/// The host starts nothing else until every critical sidecar is ready, so this is the place to open files and connections. It is called by one thread, and
/// before all else of its instance.
/// </remarks>
public interface ISidecarStartup
{
    /// <summary>Prepares the instance; called once per incarnation, before its first message or its <c>RunAsync</c>.</summary>
    /// <param name="context">What the sidecar knows of itself.</param>
    /// <param name="ct">
    /// Cancelled when the host gives up starting, or stops; after a restart also when <see cref="SidecarOptions.StartupTimeout"/> is over.
    /// </param>
    /// <returns>A task that completes when the sidecar can work. An exception in the first incarnation fails the start of the host, if the sidecar is
    /// critical.</returns>
    ValueTask StartAsync(SidecarContext context, CancellationToken ct);
}
