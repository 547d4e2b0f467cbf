namespace SidecarPatterns;

/// <content>What is done to the machine from outside, and how one epoch follows the other.</content>
internal sealed partial class EndpointHealth
{
    /// <summary>Whether it only counts, since somebody else decides. A circuit that is open by itself closes.</summary>
    public bool NeverOpens
    {
        get => Volatile.Read(ref _neverOpens);
        set
        {
            CircuitState from;
            lock (_lock)
            {
                from = _epoch.State;
                Volatile.Write(ref _neverOpens, value);
                if (!value || from is not (CircuitState.Open or CircuitState.HalfOpen))
                {
                    return;
                }

                ChangeTo(CircuitState.Closed, _clock.GetTimestamp(), withNewWindow: true);
            }

            Tell(from, CircuitState.Closed);
        }
    }

    /// <summary>Takes new options. The state and the epoch stay, and so does what was counted, as far as it lies within the new window.</summary>
    /// <remarks>Of a request that ends at that very moment the result may be lost.</remarks>
    public void Apply(AmbassadorCircuitBreakerOptions options)
    {
        lock (_lock)
        {
            if (options.Window != _options.Window)
            {
                // First others count in the new one, and then what the old one has is added.
                var (now, old) = (_clock.GetTimestamp(), _epoch.Window);
                _epoch.Window = new HealthWindow(options.Window, _clock, now);
                _epoch.Window.Take(old, now);
            }

            Volatile.Write(ref _options, options);
        }
    }

    /// <summary>Lets no request through until it is released.</summary>
    public void ForceOpen() => Force(CircuitState.ForcedOpen);

    /// <summary>Lets all requests through until it is released, and counts.</summary>
    public void ForceClosed() => Force(CircuitState.ForcedClosed);

    /// <summary>Takes back what was forced: the circuit is closed.</summary>
    /// <remarks>
    /// If it was forced open, it has counted nothing yet. If it was forced closed, it has counted all the time: where too many have failed of late, the next
    /// failure opens it.
    /// </remarks>
    public void Release()
    {
        CircuitState from;
        lock (_lock)
        {
            from = _epoch.State;
            if (from is not (CircuitState.ForcedOpen or CircuitState.ForcedClosed))
            {
                return;
            }

            ChangeTo(CircuitState.Closed, _clock.GetTimestamp(), withNewWindow: from == CircuitState.ForcedOpen);
        }

        Tell(from, CircuitState.Closed);
    }

    /// <summary>Opens the circuit, if it is closed: something else than requests has found that the endpoint is ill.</summary>
    public void Trip()
    {
        lock (_lock)
        {
            if (_epoch.State != CircuitState.Closed || _neverOpens)
            {
                return;
            }

            Open(_clock.GetTimestamp(), minimumBreak: null);
        }

        Tell(CircuitState.Closed, CircuitState.Open);
    }

    /// <summary>Ends the break, if there is one: something else than requests has found that the endpoint is well. Whether it is, requests find out.</summary>
    public void EndBreak()
    {
        lock (_lock)
        {
            if (_epoch.State != CircuitState.Open)
            {
                return;
            }

            _successes = 0;
            ChangeTo(CircuitState.HalfOpen, _clock.GetTimestamp());
        }

        Tell(CircuitState.Open, CircuitState.HalfOpen);
    }

    private void Force(CircuitState state)
    {
        CircuitState from;
        lock (_lock)
        {
            from = _epoch.State;
            if (from == state)
            {
                return;
            }

            ChangeTo(state, _clock.GetTimestamp());
        }

        Tell(from, state);
    }

    private void Open(long now, TimeSpan? minimumBreak)
    {
        _ejections += _epoch.State == CircuitState.Closed ? 1 : 0;
        Leave(now);
        var length = _breakLength.Next(_options, minimumBreak);
        Begin(CircuitState.Open, now, _epoch.Window, now + TimeTicks.Of(length, _clock));
    }

    private void ChangeTo(CircuitState state, long now, bool withNewWindow = false)
    {
        Leave(now);
        Begin(state, now, withNewWindow ? new HealthWindow(_options.Window, _clock, now) : _epoch.Window);
    }

    private void Leave(long now)
    {
        _probe.Clear();
        if (_epoch.State == CircuitState.Closed)
        {
            _breakLength.Recover(_clock.GetElapsedTime(_epoch.Since, now), _options.HealthyAfter);
        }
    }

    private void Begin(CircuitState state, long now, HealthWindow window, long openUntil = 0) =>
        Volatile.Write(ref _epoch, new HealthEpoch(_epoch.Number + 1, state, now, window) { OpenUntil = openUntil });
}
