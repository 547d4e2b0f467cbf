using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>A sidecar that feeds the application: what it writes, the application reads from a <see cref="ChannelReader{T}"/>.</summary>
/// <typeparam name="T">The type of the messages; never <see langword="null"/>.</typeparam>
/// <remarks>
/// Register it with <c>AddSidecarSource&lt;TSource, T&gt;()</c>. One instance serves one incarnation: after a restart a fresh one is
/// made, in a dependency injection scope of its own, and writes to the same channel, of whose restart the application sees nothing. Implement
/// <see cref="ISidecarStartup"/> as well to prepare before the application starts, and <see cref="IAsyncDisposable"/> or
/// <see cref="IDisposable"/> to clean up. An instance need not be thread-safe: it is prepared, run and disposed of one after the other.
/// </remarks>
/// <example>
/// <code>
/// sealed class Thermometer(ISensor sensor) : ISidecarSource&lt;double&gt;
/// {
///     public async Task RunAsync(ChannelWriter&lt;double&gt; output, SidecarContext context, CancellationToken ct)
///     {
///         while (true)
///         {
///             await output.WriteAsync(await sensor.ReadAsync(ct), ct);
///         }
///     }
/// }
/// </code>
/// </example>
public interface ISidecarSource<T>
{
    /// <summary>Writes messages until there are no more, or <paramref name="ct"/> is cancelled.</summary>
    /// <param name="output">
    /// Where to write to; thread-safe. It holds <see cref="SidecarOptions.Capacity"/> messages and, once full, does what
    /// <see cref="SidecarOptions.FullMode"/> says; a wait for room ends when <paramref name="ct"/> is cancelled, whichever token it was given.
    /// A message that was not accepted was told so and is counted. <see cref="ChannelWriter{T}.TryComplete"/> returns
    /// <see langword="false"/> and does nothing: to end, return.
    /// </param>
    /// <param name="context">What the sidecar knows of itself; valid until the returned task completes.</param>
    /// <param name="ct">Cancelled when the sidecar is to stop, after the application has stopped.</param>
    /// <returns>
    /// A task that completes when there is nothing more to write. A normal return completes the application's reader once that has read the rest (the
    /// sidecar is then <see cref="SidecarState.Stopped"/>), unless <see cref="RestartPolicy.Always"/> is set; an exception is a failure
    /// that the <see cref="SidecarOptions.RestartPolicy"/> answers, and completes the reader only when it is for good, with the cause.
    /// </returns>
    Task RunAsync(ChannelWriter<T> output, SidecarContext context, CancellationToken ct);
}
