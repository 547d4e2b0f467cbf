namespace SidecarPatterns.Tests;

/// <summary>A circuit as the specification has it, written down plainly, for one thread and with no thought of speed: every result is kept, and looked at.</summary>
/// <param name="options">The options.</param>
/// <param name="now">The time, in ticks.</param>
/// <param name="random">The jitter of breaks; without it, there is none.</param>
internal sealed class HealthModel(AmbassadorCircuitBreakerOptions options, long now, Random? random = null)
{
    private readonly List<(long At, bool IsSuccess)> _results = [];
    private long _windowBegan = now;
    private long _probeUntil;
    private Permit? _probe;
    private int _epoch;
    private int _doublings;
    private int _successes;
    private int _failuresInARow;

    public CircuitState State { get; private set; } = CircuitState.Closed;

    public long Since { get; private set; } = now;

    public long OpenUntil { get; private set; }

    public bool HasSiblings { get; set; }

    public bool NeverOpens { get; private set; }

    public AmbassadorCircuitBreakerOptions Options { get; set; } = options;

    private bool IsClosed => State is CircuitState.Closed or CircuitState.ForcedClosed;

    public TimeSpan? RetryAfter(long now) =>
        State != CircuitState.Open ? null
        : TimeSpan.FromTicks(Math.Max(0, OpenUntil - now));

    public Permit? TryEnter(long now, TimeSpan? probeTimeout = null)
    {
        if (State == CircuitState.Open && now >= OpenUntil)
        {
            Change(CircuitState.HalfOpen, now);
            _successes = 0;
        }

        if (IsClosed)
        {
            return new Permit(_epoch, IsProbe: false);
        }

        if (State != CircuitState.HalfOpen || (_probe is not null && now < _probeUntil))
        {
            return null;
        }

        _probeUntil = now + (probeTimeout ?? Options.ProbeTimeout).Ticks;
        return _probe = new Permit(_epoch, IsProbe: true);
    }

    public void Record(Permit permit, HealthEffect effect, long now, TimeSpan? minimumBreak)
    {
        if (permit.Epoch != _epoch)
        {
            return;
        }

        if (State == CircuitState.HalfOpen)
        {
            _probe = ReferenceEquals(_probe, permit) ? null : _probe;
            if (effect == HealthEffect.Success && ++_successes >= Options.SuccessesToClose)
            {
                Change(CircuitState.Closed, now, isFresh: true);
            }
            else if (effect == HealthEffect.Failure)
            {
                Open(now, minimumBreak);
            }
        }
        else if (effect != HealthEffect.Neutral)
        {
            _results.Add((now, effect == HealthEffect.Success));
            _failuresInARow = effect == HealthEffect.Success ? 0 : _failuresInARow + 1;
            if (effect == HealthEffect.Failure && State == CircuitState.Closed && !NeverOpens && IsBad(now))
            {
                Open(now, minimumBreak);
            }
        }
    }

    public void Force(CircuitState state, long now)
    {
        if (State != state)
        {
            Change(state, now);
        }
    }

    public void Trip(long now)
    {
        if (State == CircuitState.Closed && !NeverOpens)
        {
            Open(now, minimumBreak: null);
        }
    }

    public void EndBreak(long now)
    {
        if (State == CircuitState.Open)
        {
            Change(CircuitState.HalfOpen, now);
            _successes = 0;
        }
    }

    public void Release(long now)
    {
        if (State is CircuitState.ForcedOpen or CircuitState.ForcedClosed)
        {
            Change(CircuitState.Closed, now, isFresh: State == CircuitState.ForcedOpen);
        }
    }

    public void SetNeverOpens(bool value, long now)
    {
        NeverOpens = value;
        if (value && State is (CircuitState.Open or CircuitState.HalfOpen))
        {
            Change(CircuitState.Closed, now, isFresh: true);
        }
    }

    private bool IsBad(long now)
    {
        var step = Options.Window / 10;
        var counted = _results.Where(result => StepOf(result.At) > StepOf(now) - 10).ToList();
        var failed = counted.Count(static result => !result.IsSuccess);
        return (HasSiblings && _failuresInARow >= Options.FailuresInARow)
            || (counted.Count >= Options.MinimumAttempts && failed >= (decimal)Options.FailureRatio * counted.Count);

        long StepOf(long at) => (at - _windowBegan) / step.Ticks;
    }

    private void Open(long now, TimeSpan? minimumBreak)
    {
        Change(CircuitState.Open, now);
        var length = Options.BreakDuration * Math.Pow(2, _doublings);
        if (length < Options.MaxBreakDuration)
        {
            _doublings++;
        }

        length = Min(length, Options.MaxBreakDuration);
        length = TimeSpan.FromTicks((long)(length.Ticks * (1 + (Options.BreakJitter * (((random?.NextDouble() ?? 0.5) * 2) - 1)))));
        var asked = Min(minimumBreak ?? TimeSpan.Zero, Options.MaxBreakDuration);
        OpenUntil = now + Math.Max(length.Ticks, asked.Ticks);
    }

    private void Change(CircuitState state, long now, bool isFresh = false)
    {
        if (State == CircuitState.Closed)
        {
            _doublings = Math.Max(0, _doublings - (int)((now - Since) / Options.HealthyAfter.Ticks));
        }

        if (isFresh)
        {
            _results.Clear();
            _windowBegan = now;
        }

        State = state;
        Since = now;
        _epoch++;
        _probe = null;
        _failuresInARow = 0;
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    /// <summary>The leave to send one request.</summary>
    internal sealed record Permit(int Epoch, bool IsProbe);
}
