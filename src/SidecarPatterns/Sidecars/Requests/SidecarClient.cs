using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>Asks the one sidecar that answers a type of requests with a type of replies.</summary>
/// <typeparam name="TRequest">The type of the requests; never <see langword="null"/>.</typeparam>
/// <typeparam name="TReply">The type of the replies.</typeparam>
/// <remarks>
/// <para>Inject it, or inject it by the sidecar's name: <c>[FromKeyedServices("name")] SidecarClient&lt;TRequest, TReply&gt;</c>. Thread-safe, for any number
/// of callers. To test a class that asks, derive from it.</para>
/// <para>Every request is answered within <see cref="SidecarOptions.ReplyTimeout"/> (30 s by default), counted from the call; a host that has not started
/// yet answers once it has. The sidecar's own handler may ask too; but to wait for a reply which only the handler's own lane could give ends in
/// <see cref="TimeoutException"/>.</para>
/// </remarks>
public abstract class SidecarClient<TRequest, TReply>
{
    /// <summary>For the library, and for tests that put their own answers in place of a sidecar's.</summary>
    protected SidecarClient()
    {
    }

    /// <summary>Asks, and waits for room in the queue if it is full, and for the reply.</summary>
    /// <param name="request">The request.</param>
    /// <param name="ct">
    /// Ends the wait at once. A request that has not begun is then skipped when its turn comes, and counts as evicted; the handler of one that
    /// has begun finds its own token cancelled.
    /// </param>
    /// <returns>
    /// The reply. It fails with whatever the handler threw in the last attempt, with its own stack, and else with:
    /// <see cref="OperationCanceledException"/>, which carries <paramref name="ct"/>;
    /// <see cref="TimeoutException"/>, where <see cref="SidecarOptions.ReplyTimeout"/>, <see cref="SidecarOptions.HandlerTimeout"/> or
    /// <see cref="SidecarOptions.MaxAge"/> is over;
    /// <see cref="SidecarStoppedException"/>, where the sidecar stopped, failed for good or was restarted before it had answered, or has ended already;
    /// <see cref="SidecarBusyException"/>, where the queue is full and its <see cref="SidecarOptions.FullMode"/> drops instead of letting wait;
    /// <see cref="InvalidOperationException"/>, where the sidecar's own handler asks while its queue is full: to wait would be to wait for itself.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="request"/> is <see langword="null"/>.</exception>
    public abstract Task<TReply> AskAsync(TRequest request, CancellationToken ct = default);

    /// <summary>Asks, but only if there is room in the queue now.</summary>
    /// <param name="request">The request.</param>
    /// <param name="reply">The reply, which fails as that of <see cref="AskAsync"/> does, a stopped sidecar included; <see langword="null"/> if there is no
    /// room.</param>
    /// <param name="ct">As for <see cref="AskAsync"/>.</param>
    /// <returns><see langword="false"/> if the queue is full, and for no other reason; nobody handles the request then.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="request"/> is <see langword="null"/>.</exception>
    public abstract bool TryAsk(TRequest request, [NotNullWhen(true)] out Task<TReply>? reply, CancellationToken ct = default);
}
