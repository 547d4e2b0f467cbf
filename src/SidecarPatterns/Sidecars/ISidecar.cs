namespace SidecarPatterns;

/// <summary>Helper work that runs beside the application for as long as the application runs, and takes no messages.</summary>
/// <remarks>
/// Register it with <c>AddSidecar&lt;TSidecar&gt;()</c>. One instance serves one incarnation: after a restart a fresh one is
/// made, in a dependency injection scope of its own. Implement <see cref="ISidecarStartup"/> as well to prepare before the
/// application starts, and <see cref="IAsyncDisposable"/> or <see cref="IDisposable"/> to clean up. An instance need not be thread-safe: it is prepared,
/// run and disposed of one after the other.
/// </remarks>
/// <example>
/// <code>
/// sealed class Heartbeat : ISidecar
/// {
///     public async Task RunAsync(SidecarContext context, CancellationToken ct)
///     {
///         using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), context.TimeProvider);
///         while (await timer.WaitForNextTickAsync(ct))
///         {
///             Console.WriteLine("alive");
///         }
///     }
/// }
/// </code>
/// </example>
public interface ISidecar
{
    /// <summary>Does the work until <paramref name="ct"/> is cancelled.</summary>
    /// <param name="context">What the sidecar knows of itself; valid until the returned task completes.</param>
    /// <param name="ct">Cancelled when the sidecar is to stop, after the application has stopped.</param>
    /// <returns>
    /// A task that completes when the work is done. A normal return is success (the sidecar is then
    /// <see cref="SidecarState.Stopped"/>), unless <see cref="RestartPolicy.Always"/> is set; an exception is a failure that
    /// the <see cref="SidecarOptions.RestartPolicy"/> answers.
    /// </returns>
    Task RunAsync(SidecarContext context, CancellationToken ct);
}
