using System.Threading.RateLimiting;

namespace SidecarPatterns;

/// <summary>Lets as many requests through to one endpoint at a time as it may have. Thread-safe.</summary>
/// <remarks>New limits begin with none under way: what the old ones let through ends there. So for a moment there may be more than either allows.</remarks>
internal sealed class ConcurrencyGate(TimeProvider clock)
{
    private Limits? _limits;

    /// <summary>Whether there is a limit at all.</summary>
    public bool IsLimited => Volatile.Read(ref _limits) is not null;

    public void Apply(AmbassadorConcurrencyOptions options)
    {
        var current = Volatile.Read(ref _limits);
        if (options.Limit is not { } limit)
        {
            Volatile.Write(ref _limits, null);
        }
        else if (current is null || current.Limit != limit || current.QueueLimit != options.QueueLimit)
        {
            Volatile.Write(ref _limits, new Limits(limit, options.QueueLimit));
        }
    }

    /// <summary>Takes a place that is free.</summary>
    /// <returns>The place, to be disposed of when the request has ended; <see langword="null"/> if there is none.</returns>
    public RateLimitLease? TryEnter()
    {
        var lease = Volatile.Read(ref _limits)?.Limiter.AttemptAcquire();
        return lease is { IsAcquired: true } ? lease : null;
    }

    /// <summary>Takes a place, or waits for one where others wait already, as long as there is room to wait.</summary>
    /// <returns>The place; <see langword="null"/> if there was none in time.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    public async ValueTask<RateLimitLease?> EnterAsync(TimeSpan timeout, CancellationToken ct)
    {
        if (Volatile.Read(ref _limits) is not { } limits)
        {
            return null;
        }

        using var time = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, ct);
        try
        {
            var lease = await limits.Limiter.AcquireAsync(permitCount: 1, either.Token).ConfigureAwait(false);
            return lease.IsAcquired ? lease : null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Whether less than this part of the places is taken, and nobody waits.</summary>
    public bool IsBelow(double part)
    {
        if (Volatile.Read(ref _limits) is not { } limits)
        {
            return true;
        }

        var statistics = limits.Limiter.GetStatistics()!;
        return statistics.CurrentQueuedCount == 0 && limits.Limit - statistics.CurrentAvailablePermits < part * limits.Limit;
    }

    private sealed class Limits(int limit, int queueLimit)
    {
        public int Limit => limit;

        public int QueueLimit => queueLimit;

        // Never disposed of, since whoever waits would be thrown out: it holds nothing but memory.
        public ConcurrencyLimiter Limiter { get; } = new(new ConcurrencyLimiterOptions
        {
            PermitLimit = limit,
            QueueLimit = queueLimit,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
    }
}
