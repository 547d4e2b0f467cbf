namespace SidecarPatterns;

/// <summary>A sidecar that answers the requests which the application asks through a <see cref="SidecarClient{TRequest, TReply}"/>.</summary>
/// <typeparam name="TRequest">The type of the requests; never <see langword="null"/>.</typeparam>
/// <typeparam name="TReply">The type of the replies.</typeparam>
/// <remarks>
/// <para>A request is a message like any other: it waits in the bounded queue, and <see cref="SidecarOptions.Concurrency"/>,
/// <see cref="SidecarOptions.HandlerTimeout"/>, <see cref="SidecarOptions.MaxAttempts"/>, <see cref="SidecarOptions.ScopePerMessage"/>, the control and
/// the account apply. One instance serves one incarnation, in a dependency injection scope of its own, unless a scope per message is asked for. It answers one
/// request at a time; with <see cref="SidecarOptions.Concurrency"/> above 1 several, and must then be thread-safe.
/// Implement <see cref="ISidecarStartup"/> as well to prepare before the application starts, and <see cref="IAsyncDisposable"/> or
/// <see cref="IDisposable"/> to clean up.</para>
/// <para>The caller gets the reply once its request counts as handled. A request that failed is a dead letter, which holds the request itself;
/// replayed, it runs with nobody waiting for the reply, which is then dropped.</para>
/// </remarks>
/// <example>
/// <code>
/// sealed class PriceSidecar(IPriceList prices) : ISidecar&lt;PriceOf, decimal&gt;
/// {
///     public async ValueTask&lt;decimal&gt; HandleAsync(PriceOf request, SidecarContext context, CancellationToken ct) =>
///         await prices.FindAsync(request.Article, ct);
/// }
/// </code>
/// </example>
public interface ISidecar<in TRequest, TReply>
{
    /// <summary>Answers one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="context">What the sidecar knows of itself and of this call. One object serves many calls: valid until the returned task completes.</param>
    /// <param name="ct">
    /// Cancelled when the caller has cancelled or has waited for <see cref="SidecarOptions.ReplyTimeout"/>, when the call has taken longer than
    /// <see cref="SidecarOptions.HandlerTimeout"/>, or when the sidecar's time to drain is over. A stop by itself does not cancel it: what was accepted is
    /// answered first.
    /// </param>
    /// <returns>
    /// The reply. An exception in the last attempt reaches the caller, and makes the request a dead letter; it never ends the sidecar. A request whose
    /// caller has gone while it was handled counts by how its handler ended.
    /// </returns>
    ValueTask<TReply> HandleAsync(TRequest request, SidecarContext context, CancellationToken ct);
}
