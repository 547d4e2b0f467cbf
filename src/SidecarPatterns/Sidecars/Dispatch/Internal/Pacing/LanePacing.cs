namespace SidecarPatterns;

/// <summary>What makes a lane wait although there are messages: the limit of its sidecar's rate, and the governor. The lane's own.</summary>
/// <param name="limiter">The limit of the rate, shared by all lanes; <see langword="null"/> for none.</param>
/// <param name="governed">The sidecar as the governor sees it; <see langword="null"/> where there is no governor.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class LanePacing(PacedRateLimiter? limiter, GovernedSidecar? governed, TimeProvider timeProvider)
{
    private readonly GovernedLane? _governed = governed is null ? null : new GovernedLane(governed, timeProvider);
    private bool _hasPermit = limiter is null; // In hand for the next message.
    private bool _mustRest;

    public PacedRateLimiter? Limiter => limiter;

    /// <summary>Whether the lane is to wait before it looks for a message again.</summary>
    public bool MustWait { get; private set; }

    public bool MayTake()
    {
        _mustRest = _governed is { MustRest: true };
        MustWait = _mustRest || !(_hasPermit = _hasPermit || limiter!.AttemptAcquire().IsAcquired);
        return !MustWait;
    }

    /// <summary>The lane is about to handle messages.</summary>
    public void BeginWork() => _governed?.BeginWork();

    /// <summary>The lane comes to rest.</summary>
    public void EndWork() => _governed?.EndWork();

    /// <summary>The lane has taken so many messages.</summary>
    public void OnTaken(int count)
    {
        if (limiter is not null)
        {
            _hasPermit = false;
            if (count > 1)
            {
                limiter.Overdraw(count - 1);
            }
        }
    }

    /// <summary>Waits for the lane's turn, or until it is to leave.</summary>
    public async ValueTask WaitAsync(CancellationToken leaving)
    {
        MustWait = false;
        if (_mustRest)
        {
            await _governed!.RestAsync(leaving).ConfigureAwait(false);
        }
        else if (!_hasPermit)
        {
            try
            {
                await limiter!.AcquireAsync(permitCount: 1, leaving).ConfigureAwait(false);
                _hasPermit = true;
            }
            catch (OperationCanceledException)
            {
                // The lane looks at its orders next.
            }
        }
    }
}
