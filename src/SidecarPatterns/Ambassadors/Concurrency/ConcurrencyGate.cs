using System.Threading.RateLimiting;

namespace SidecarPatterns;

/// <summary>Lets as many requests through to one endpoint at a time as it may have. Thread-safe.</summary>
/// <remarks>New limits begin with none under way: what the old ones let through ends there. So for a moment there may be more than either allows.</remarks>
internal sealed class ConcurrencyGate(TimeProvider clock)
{
    private Limits? _limits;

    /// <summary>Takes a place that is free.</summary>
    /// <param name="options">The options as they are now, with a limit.</param>
    /// <returns>The place, to be disposed of when the request has ended; <see langword="null"/> if there is none.</returns>
    public RateLimitLease? TryEnter(AmbassadorConcurrencyOptions options)
    {
        var lease = LimitsOf(options).Limiter.AttemptAcquire();
        if (lease.IsAcquired)
        {
            return lease;
        }

        lease.Dispose();
        return null;
    }

    /// <summary>Takes a place, or waits for one where others wait already, as long as there is room to wait.</summary>
    /// <param name="options">The options as they are now, with a limit.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The place; <see langword="null"/> if there was none in time.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    public async ValueTask<RateLimitLease?> EnterAsync(AmbassadorConcurrencyOptions options, TimeSpan timeout, CancellationToken ct)
    {
        using var time = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, ct);
        try
        {
            var lease = await LimitsOf(options).Limiter.AcquireAsync(permitCount: 1, either.Token).ConfigureAwait(false);
            if (lease.IsAcquired)
            {
                return lease;
            }

            lease.Dispose();
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Whether less than this part of the places is taken, and nobody waits.</summary>
    public bool IsBelow(AmbassadorConcurrencyOptions options, double part)
    {
        if (options.Limit is null)
        {
            return true;
        }

        var limits = LimitsOf(options);
        var statistics = limits.Limiter.GetStatistics()!;
        return statistics.CurrentQueuedCount == 0 && limits.Limit - statistics.CurrentAvailablePermits < part * limits.Limit;
    }

    /// <summary>How many wait for a place; <see langword="null"/> if there is no room for another one to wait.</summary>
    /// <param name="options">The options as they are now, with a limit.</param>
    public int? FindWaiting(AmbassadorConcurrencyOptions options)
    {
        var waiting = (int)LimitsOf(options).Limiter.GetStatistics()!.CurrentQueuedCount;
        return waiting < options.QueueLimit ? waiting : null;
    }

    private Limits LimitsOf(AmbassadorConcurrencyOptions options)
    {
        var (limit, queueLimit) = (options.Limit!.Value, options.QueueLimit);
        for (var current = Volatile.Read(ref _limits); ; current = Volatile.Read(ref _limits))
        {
            if (current is not null && current.Limit == limit && current.QueueLimit == queueLimit)
            {
                return current;
            }

            var next = new Limits(limit, queueLimit);
            if (Interlocked.CompareExchange(ref _limits, next, current) == current)
            {
                return next;
            }
        }
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
