namespace SidecarPatterns;

/// <summary>A sidecar that handles the messages which the application writes to a <see cref="System.Threading.Channels.ChannelWriter{T}"/>.</summary>
/// <typeparam name="TMessage">The type of the messages; never <see langword="null"/>.</typeparam>
/// <remarks>
/// Messages are handled one at a time and in the order in which they were accepted. With <see cref="SidecarOptions.Concurrency"/> above 1 several are handled
/// at the same time: then the instance must be thread-safe. One instance serves one incarnation, in a dependency injection scope of its own, unless
/// <see cref="SidecarOptions.ScopePerMessage"/> asks for one scope and instance per message.
/// </remarks>
/// <example>
/// <code>
/// sealed class AuditSidecar(IAuditStore store) : ISidecar&lt;AuditEvent&gt;
/// {
///     public async ValueTask HandleAsync(AuditEvent message, SidecarContext context, CancellationToken ct) =>
///         await store.AppendAsync(message, ct);
/// }
/// </code>
/// </example>
public interface ISidecar<in TMessage>
{
    /// <summary>Handles one message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="context">What the sidecar knows of itself and of this call. One object serves all calls: valid until the returned task completes.</param>
    /// <param name="ct">
    /// Cancelled when the call has taken longer than <see cref="SidecarOptions.HandlerTimeout"/>, or when the sidecar's time
    /// to drain is over. A stop by itself does not cancel it: what was accepted is handled first.
    /// </param>
    /// <returns>A task that completes when the message is handled. An exception dead-letters the message; it never ends the sidecar.</returns>
    ValueTask HandleAsync(TMessage message, SidecarContext context, CancellationToken ct);
}
