namespace SidecarPatterns;

/// <summary>A sidecar that handles messages in batches: when enough have come, or the oldest has waited long enough.</summary>
/// <typeparam name="TMessage">The type of the messages.</typeparam>
/// <remarks>
/// One instance serves an incarnation, one batch at a time. What the handler throws fails the whole batch, but for the messages that it has
/// settled by <see cref="SidecarContext.MarkHandled"/> or <see cref="SidecarContext.MarkFailed"/>: the rest is attempted again or becomes dead letters.
/// </remarks>
public interface IBatchSidecar<TMessage>
    where TMessage : notnull
{
    /// <summary>Handles a batch.</summary>
    /// <param name="batch">
    /// The messages in the order of their publishing, at least one and at most <see cref="SidecarOptions.BatchSize"/>. The list is used again for
    /// the next batch: copy what is to outlive the call.
    /// </param>
    /// <param name="context">What the sidecar knows of itself and of this call; valid until the call is over.</param>
    /// <param name="ct">Cancelled when the time to drain or <see cref="SidecarOptions.HandlerTimeout"/> is over.</param>
    /// <returns>A task that completes when the batch is handled.</returns>
    ValueTask HandleAsync(IReadOnlyList<TMessage> batch, SidecarContext context, CancellationToken ct);
}
