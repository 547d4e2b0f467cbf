namespace SidecarPatterns;

/// <summary>The health of one endpoint: what it did of late, and whether requests are let through to it. One machine, thread-safe.</summary>
/// <remarks>
/// The way of a success takes no lock: it reads one word and counts in a cell of its core. All that is rare is done under the lock, and each change of the circuit
/// begins an epoch, so that what was sent before says nothing about what came after (which is how a late failure would open a circuit that has just recovered).
/// </remarks>
internal sealed class EndpointHealth
{
    private const int StateBits = 3;
    private const long StateMask = (1 << StateBits) - 1;
    private const int MaxDoublings = 30;
    private const int FailuresInARow = 5;

    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly Lock _lock = new();

    private long _word; // The epoch and the state. Changed under the lock, read by all.
    private HealthWindow _window; // Replaced under the lock, used by all.
    private AmbassadorCircuitBreakerOptions _options;
    private bool _neverOpens;
    private int _failuresInARow; // Only where there are siblings.

    // Guarded by the lock.
    private long _since;
    private long _openUntil;
    private int _doublings;
    private int _successes; // In a row, of probes.
    private bool _isProbing;
    private long _probeExpiresAt;

    public EndpointHealth(TimeProvider clock, AmbassadorCircuitBreakerOptions options, Random? random = null)
    {
        _clock = clock;
        _random = random ?? Random.Shared;
        _options = options;
        _window = new HealthWindow(options.Window, clock);
        _since = clock.GetTimestamp();
    }

    /// <summary>Called when the circuit has changed, outside of the lock.</summary>
    public Action<CircuitState, CircuitState>? OnTransition { get; init; }

    /// <summary>Whether there are other endpoints that could take over: then a few failures in a row suffice.</summary>
    public bool HasSiblings { get; set; }

    /// <summary>Whether it only counts.</summary>
    public bool NeverOpens
    {
        get => Volatile.Read(ref _neverOpens);
        set => Volatile.Write(ref _neverOpens, value);
    }

    /// <summary>Takes new options. What was counted stays, unless the window is another one.</summary>
    public void Apply(AmbassadorCircuitBreakerOptions options)
    {
        lock (_lock)
        {
            if (options.Window != _options.Window)
            {
                Volatile.Write(ref _window, new HealthWindow(options.Window, _clock));
            }

            Volatile.Write(ref _options, options);
        }
    }

    /// <summary>Asks for the leave to send a request.</summary>
    /// <param name="now">The time.</param>
    /// <param name="probeTimeout">After how long a probe that has not ended makes room for another one.</param>
    /// <param name="permit">The leave.</param>
    /// <param name="retryAfter">Otherwise, in how long there may be one; <see langword="null"/> where that depends on others.</param>
    public bool TryEnter(long now, TimeSpan? probeTimeout, out HealthPermit permit, out TimeSpan? retryAfter)
    {
        var word = Volatile.Read(ref _word);
        if (StateOf(word) is CircuitState.Closed or CircuitState.ForcedClosed || (NeverOpens && StateOf(word) != CircuitState.ForcedOpen))
        {
            permit = new HealthPermit(EpochOf(word), IsProbe: false);
            retryAfter = null;
            return true;
        }

        return TryEnterLocked(now, probeTimeout ?? _options.ProbeTimeout, out permit, out retryAfter);
    }

    /// <summary>Says how a request ended.</summary>
    /// <param name="permit">The leave with which it was sent.</param>
    /// <param name="effect">What that says about the endpoint.</param>
    /// <param name="now">The time.</param>
    /// <param name="minimumBreak">How long the server asks to be left alone.</param>
    public void Record(in HealthPermit permit, HealthEffect effect, long now, TimeSpan? minimumBreak = null)
    {
        var word = Volatile.Read(ref _word);
        if (permit.Epoch != EpochOf(word))
        {
            return;
        }

        if (StateOf(word) is CircuitState.Closed or CircuitState.ForcedClosed || NeverOpens)
        {
            if (effect != HealthEffect.Neutral)
            {
                RecordClosed(word, effect == HealthEffect.Success, now, minimumBreak);
            }
        }
        else
        {
            RecordProbe(permit, effect, now, minimumBreak);
        }
    }

    public void ForceOpen() => Force(CircuitState.ForcedOpen);

    public void ForceClosed() => Force(CircuitState.ForcedClosed);

    /// <summary>Takes back what was forced: the circuit is closed, and has counted nothing yet if it was forced open.</summary>
    public void Release()
    {
        CircuitState from;
        lock (_lock)
        {
            from = StateOf(_word);
            if (from is not (CircuitState.ForcedOpen or CircuitState.ForcedClosed))
            {
                return;
            }

            if (from == CircuitState.ForcedOpen)
            {
                Volatile.Write(ref _window, new HealthWindow(_options.Window, _clock));
            }

            ChangeTo(CircuitState.Closed, _clock.GetTimestamp());
        }

        OnTransition?.Invoke(from, CircuitState.Closed);
    }

    public CircuitReading Read()
    {
        lock (_lock)
        {
            var state = StateOf(_word);
            var left = state == CircuitState.Open ? Left(_clock.GetTimestamp()) : (TimeSpan?)null;
            return new CircuitReading(state, _since, left);
        }
    }

    private bool TryEnterLocked(long now, TimeSpan probeTimeout, out HealthPermit permit, out TimeSpan? retryAfter)
    {
        var hasChanged = false;
        lock (_lock)
        {
            var state = StateOf(_word);
            if (state == CircuitState.Open && now >= _openUntil)
            {
                ChangeTo(CircuitState.HalfOpen, now);
                _successes = 0;
                hasChanged = true;
                state = CircuitState.HalfOpen;
            }

            var isFree = state == CircuitState.HalfOpen && (!_isProbing || now >= _probeExpiresAt);
            if (isFree)
            {
                if (_isProbing)
                {
                    _word += 1 << StateBits; // The probe that has not ended says nothing any more.
                }

                _isProbing = true;
                _probeExpiresAt = now + TimeTicks.Of(probeTimeout, _clock);
            }

            var isClosed = state is CircuitState.Closed or CircuitState.ForcedClosed; // Meanwhile.
            permit = new HealthPermit(EpochOf(_word), IsProbe: isFree);
            retryAfter = state == CircuitState.Open ? Left(now) : null;
            if (!isFree && !isClosed)
            {
                return false;
            }
        }

        if (hasChanged)
        {
            OnTransition?.Invoke(CircuitState.Open, CircuitState.HalfOpen);
        }

        return true;
    }

    private void RecordClosed(long word, bool isSuccess, long now, TimeSpan? minimumBreak)
    {
        var window = Volatile.Read(ref _window);
        window.Count(isSuccess, now);
        if (isSuccess)
        {
            if (HasSiblings)
            {
                Volatile.Write(ref _failuresInARow, 0);
            }

            return;
        }

        var inARow = HasSiblings ? Interlocked.Increment(ref _failuresInARow) : 0;
        if (StateOf(word) != CircuitState.Closed || NeverOpens || !(inARow >= FailuresInARow || IsBad(window.Sum(now))))
        {
            return;
        }

        lock (_lock)
        {
            if (_word != word)
            {
                return;
            }

            Open(now, minimumBreak);
        }

        OnTransition?.Invoke(CircuitState.Closed, CircuitState.Open);
    }

    private bool IsBad((long Total, long Failed) sum) =>
        sum.Total >= _options.MinimumAttempts && sum.Failed >= _options.FailureRatio * sum.Total;

    private void RecordProbe(in HealthPermit permit, HealthEffect effect, long now, TimeSpan? minimumBreak)
    {
        CircuitState to;
        lock (_lock)
        {
            if (permit.Epoch != EpochOf(_word) || StateOf(_word) != CircuitState.HalfOpen)
            {
                return;
            }

            if (permit.IsProbe)
            {
                _isProbing = false;
            }

            if (effect == HealthEffect.Failure)
            {
                Open(now, minimumBreak);
                to = CircuitState.Open;
            }
            else if (effect == HealthEffect.Success && permit.IsProbe && ++_successes >= _options.SuccessesToClose)
            {
                Volatile.Write(ref _window, new HealthWindow(_options.Window, _clock));
                ChangeTo(CircuitState.Closed, now);
                to = CircuitState.Closed;
            }
            else
            {
                return;
            }
        }

        OnTransition?.Invoke(CircuitState.HalfOpen, to);
    }

    private void Force(CircuitState state)
    {
        CircuitState from;
        lock (_lock)
        {
            from = StateOf(_word);
            if (from == state)
            {
                return;
            }

            ChangeTo(state, _clock.GetTimestamp());
        }

        OnTransition?.Invoke(from, state);
    }

    private void Open(long now, TimeSpan? minimumBreak)
    {
        if (StateOf(_word) == CircuitState.Closed)
        {
            // For each healthy spell one doubling is taken back; a spell that is not over takes back none.
            _doublings = (int)Math.Max(0, _doublings - Math.Floor(_clock.GetElapsedTime(_since, now) / _options.HealthyAfter));
        }

        var length = Math.Min(_options.BreakDuration.Ticks * Math.Pow(2, Math.Min(_doublings, MaxDoublings)), _options.MaxBreakDuration.Ticks);
        length *= 1 + (_options.BreakJitter * ((2 * _random.NextDouble()) - 1));
        if (minimumBreak is { } asked)
        {
            length = Math.Max(length, Math.Min(asked.Ticks, _options.MaxBreakDuration.Ticks));
        }

        _doublings++;
        _openUntil = now + TimeTicks.Of(TimeSpan.FromTicks((long)length), _clock);
        ChangeTo(CircuitState.Open, now);
    }

    private void ChangeTo(CircuitState state, long now)
    {
        _since = now;
        _isProbing = false;
        _failuresInARow = 0;
        Volatile.Write(ref _word, ((EpochOf(_word) + 1) << StateBits) | (long)state);
    }

    private TimeSpan Left(long now) => now >= _openUntil ? TimeSpan.Zero : _clock.GetElapsedTime(now, _openUntil);

    private static CircuitState StateOf(long word) => (CircuitState)(word & StateMask);

    private static long EpochOf(long word) => word >> StateBits;
}
