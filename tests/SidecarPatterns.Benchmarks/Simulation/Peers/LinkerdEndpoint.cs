namespace SidecarPatterns.Benchmarks;

/// <summary>What linkerd's balancer knows of an endpoint: see <see cref="LinkerdProcess"/>.</summary>
internal sealed class LinkerdEndpoint(World world)
{
    private const int MaxFailures = 7;
    private const double Jitter = 0.5;
    private const double MaxPenalty = 60;

    private static readonly TimeSpan Decay = TimeSpan.FromSeconds(10);

    private double _estimate = 0.03;
    private TimeSpan _estimatedAt = world.Time.Elapsed;
    private int _requests;
    private int _failures;
    private int _penalties;
    private TimeSpan? _shutUntil;
    private bool _isProbed;

    /// <summary>Whether requests may go to it: its breaker is closed, or wants to find out.</summary>
    public bool IsReady => _shutUntil is not { } until || (!_isProbed && world.Time.Elapsed >= until);

    /// <summary>What one more request costs here.</summary>
    public double Load() => _estimate * Remains() * (_requests + 1);

    public void Enter()
    {
        _requests++;
        _isProbed = _shutUntil is not null;
    }

    public void Leave(TimeSpan taken, bool isGood, bool hasBreaker)
    {
        _requests--;
        double decayed = _estimate * Remains();
        _estimate = taken.TotalSeconds > decayed ? taken.TotalSeconds : decayed + (taken.TotalSeconds * (1 - Remains()));
        _estimatedAt = world.Time.Elapsed;
        if (hasBreaker)
            Judge(isGood);
    }

    private void Judge(bool isGood)
    {
        if (isGood)
        {
            // Of those that were under way when it was shut, too: they come in one channel.
            (_failures, _penalties, _shutUntil, _isProbed) = (0, 0, null, false);
        }
        else if (_shutUntil is null ? ++_failures >= MaxFailures : _isProbed)
        {
            double penalty = Math.Min(Math.Pow(2, _penalties++), MaxPenalty);
            _shutUntil = world.Time.Elapsed + TimeSpan.FromSeconds(penalty * (1 + (Jitter * world.Random.NextDouble())));
            _isProbed = false;
        }
    }

    private double Remains() => Math.Exp(-((world.Time.Elapsed - _estimatedAt) / Decay));
}
