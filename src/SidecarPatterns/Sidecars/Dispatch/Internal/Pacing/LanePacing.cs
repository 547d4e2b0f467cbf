using System.Threading.RateLimiting;

namespace SidecarPatterns;

/// <summary>What makes a lane wait although there are messages: the limit of its sidecar's rate, and the governor. The lane's own.</summary>
/// <param name="limiter">The limit of the rate, shared by all lanes; <see langword="null"/> for none.</param>
/// <param name="governed">The sidecar as the governor sees it; <see langword="null"/> where there is no governor.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class LanePacing(RateLimiter? limiter, GovernedSidecar? governed, TimeProvider timeProvider) : IDisposable
{
    // For a limiter that refuses and does not say for how long.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private GovernedLane? _governed = governed is null ? null : new GovernedLane(governed, timeProvider);
    private RateLimitLease? _permit; // In hand for the next message.

    public RateLimiter? Limiter => limiter;

    /// <summary>Whether the lane is to wait before it looks for a message again.</summary>
    public bool MustWait { get; private set; }

    public bool MayTake()
    {
        MustWait = _governed is { MustRest: true } || !HasPermit();
        return !MustWait;
    }

    /// <summary>The lane has taken so many messages.</summary>
    public void OnTaken(int count)
    {
        _permit?.Dispose();
        _permit = null;
        if (count > 1 && limiter is PacedRateLimiter paced)
        {
            paced.Overdraw(count - 1);
        }
    }

    /// <summary>Waits for the lane's turn, or until it is to leave.</summary>
    public async ValueTask WaitAsync(CancellationToken leaving)
    {
        MustWait = false;
        if (_governed is { MustRest: true })
        {
            await _governed.RestAsync(leaving).ConfigureAwait(false);
        }
        else if (_permit is null && limiter is not null)
        {
            await WaitForPermitAsync(limiter, leaving).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _permit?.Dispose();
        _permit = null;
        _governed = null;
    }

    private bool HasPermit()
    {
        if (limiter is null || _permit is not null)
        {
            return true;
        }

        var lease = limiter.AttemptAcquire();
        if (!lease.IsAcquired)
        {
            lease.Dispose();
            return false;
        }

        _permit = lease;
        return true;
    }

    private async ValueTask WaitForPermitAsync(RateLimiter limiter, CancellationToken leaving)
    {
        try
        {
            var lease = await limiter.AcquireAsync(permitCount: 1, leaving).ConfigureAwait(false);
            if (lease.IsAcquired)
            {
                _permit = lease;
                return;
            }

            var retryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var told) && told > TimeSpan.Zero ? told : RetryAfter;
            lease.Dispose();
            await Task.Delay(retryAfter, timeProvider, leaving).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            // The lane looks at its orders next.
        }
    }
}
