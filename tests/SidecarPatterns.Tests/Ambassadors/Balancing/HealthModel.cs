namespace SidecarPatterns.Tests;

/// <summary>A circuit as the specification has it, written down plainly: a list of what was counted, and no thought of speed.</summary>
internal sealed class HealthModel(AmbassadorCircuitBreakerOptions options)
{
    private readonly List<(long Step, bool IsSuccess)> _counted = [];
    private int _doublings;
    private int _successes;
    private long _closedAt;
    private long? _probeExpiresAt;

    public CircuitState State { get; private set; }

    public long OpenUntil { get; private set; }

    /// <summary>Which results still say something.</summary>
    public int Epoch { get; private set; }

    /// <summary>Whether a request is let through, and as a probe.</summary>
    public (bool IsLetThrough, bool IsProbe) Enter(long now)
    {
        if (State == CircuitState.Open && now >= OpenUntil)
        {
            Become(CircuitState.HalfOpen);
            _successes = 0;
        }

        if (State is CircuitState.Closed or CircuitState.ForcedClosed)
        {
            return (true, false);
        }

        if (State != CircuitState.HalfOpen || now < _probeExpiresAt)
        {
            return (false, false);
        }

        Epoch += _probeExpiresAt is null ? 0 : 1;
        _probeExpiresAt = now + options.ProbeTimeout.Ticks;
        return (true, true);
    }

    public void Record(int epoch, bool isProbe, HealthEffect effect, long now, TimeSpan? minimumBreak)
    {
        if (epoch != Epoch)
        {
            return;
        }

        if (State == CircuitState.HalfOpen)
        {
            RecordHalfOpen(isProbe, effect, now, minimumBreak);
        }
        else if (effect != HealthEffect.Neutral)
        {
            _counted.Add((StepOf(now), effect == HealthEffect.Success));
            var recent = _counted.Where(one => StepOf(now) - one.Step < 10).ToList();
            var failed = recent.Count(static one => !one.IsSuccess);
            if (State == CircuitState.Closed && effect == HealthEffect.Failure
                && recent.Count >= options.MinimumAttempts && failed >= options.FailureRatio * recent.Count)
            {
                _doublings = Math.Max(0, _doublings - (int)((now - _closedAt) / options.HealthyAfter.Ticks));
                Open(now, minimumBreak);
            }
        }
    }

    public void Force(CircuitState state)
    {
        if (State != state)
        {
            Become(state);
        }
    }

    public void Release(long now)
    {
        if (State is CircuitState.ForcedOpen or CircuitState.ForcedClosed)
        {
            if (State == CircuitState.ForcedOpen)
            {
                _counted.Clear();
            }

            _closedAt = now;
            Become(CircuitState.Closed);
        }
    }

    /// <summary>When the circuit was made.</summary>
    public void Begin(long now) => _closedAt = now;

    private void RecordHalfOpen(bool isProbe, HealthEffect effect, long now, TimeSpan? minimumBreak)
    {
        _probeExpiresAt = isProbe ? null : _probeExpiresAt;
        if (effect == HealthEffect.Failure)
        {
            Open(now, minimumBreak);
        }
        else if (effect == HealthEffect.Success && isProbe && ++_successes == options.SuccessesToClose)
        {
            _counted.Clear();
            _closedAt = now;
            Become(CircuitState.Closed);
        }
    }

    private void Open(long now, TimeSpan? minimumBreak)
    {
        var ticks = Math.Min(options.BreakDuration.Ticks * Math.Pow(2, _doublings++), options.MaxBreakDuration.Ticks);
        var asked = Math.Min((minimumBreak ?? default).Ticks, options.MaxBreakDuration.Ticks);
        OpenUntil = now + (long)Math.Max(ticks, asked);
        Become(CircuitState.Open);
    }

    private void Become(CircuitState state)
    {
        State = state;
        Epoch++;
        _probeExpiresAt = null;
    }

    private long StepOf(long now) => now / (options.Window.Ticks / 10);
}
