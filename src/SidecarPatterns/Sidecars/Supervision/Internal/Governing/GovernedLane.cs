namespace SidecarPatterns;

/// <summary>How a lane gives way: it works for a moment, and rests in proportion; what it is idle for is rest too. The lane's own.</summary>
internal sealed class GovernedLane(GovernedSidecar sidecar, TimeProvider timeProvider)
{
    // Work in moments of so long; a shorter rest than this would cost more than it leaves to others.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(1);

    private bool _isWorking;
    private long _reckonedAt; // Up to when its work is in its account; 0 while nobody is to give way.
    private TimeSpan _owed; // The rest that its work so far asks for.

    /// <summary>Whether the lane has worked for long enough to rest.</summary>
    public bool MustRest
    {
        get
        {
            Reckon();
            return _owed > TimeSpan.Zero && _owed >= Slice * RestPerWork;
        }
    }

    // How much rest goes with each moment of work.
    private double RestPerWork => (1 / sidecar.Share) - 1;

    /// <summary>The lane is about to work.</summary>
    public void BeginWork()
    {
        Reckon();
        _isWorking = true;
    }

    /// <summary>The lane has nothing to do, or waits for something.</summary>
    public void EndWork()
    {
        Reckon();
        _isWorking = false;
    }

    /// <summary>Rests for as long as the share asks for, or until somebody begins to wait for the sidecar.</summary>
    public async ValueTask RestAsync(CancellationToken leaving)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(leaving, sidecar.GoingOn);
        if (!sidecar.MustYield)
        {
            return; // Somebody had begun to wait before.
        }

        var longest = MaxRest * sidecar.Lanes; // Whoever waits for any of them waits no longer than for one that is alone.
        var rest = _owed < longest ? _owed : longest;
        await Task.Delay(rest, timeProvider, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _owed = TimeSpan.Zero;
    }

    private void Reckon()
    {
        if (!sidecar.MustYield)
        {
            (_reckonedAt, _owed) = (0, TimeSpan.Zero);
            return;
        }

        var now = timeProvider.GetTimestamp();
        if (_reckonedAt != 0)
        {
            var elapsed = timeProvider.GetElapsedTime(_reckonedAt, now);
            _owed = _isWorking ? _owed + (elapsed * RestPerWork)
                : elapsed < _owed ? _owed - elapsed
                : TimeSpan.Zero;
        }

        _reckonedAt = now;
    }
}
