namespace SidecarPatterns;

/// <summary>The health of one endpoint: what it did of late, and whether requests are let through to it. One machine, thread-safe.</summary>
/// <remarks>
/// <para>
/// The way of a success takes no lock: it reads the epoch and counts in a cell of its core. All that is rare is done under the lock, and each change of the
/// circuit begins an epoch, so that what was sent before says nothing about what came after (which is how a late failure would open a circuit that has just
/// recovered, or a late success close one).
/// </para>
/// <para>
/// A probe that has had its time makes room for another one, but is not written off: its result counts whenever it comes, within the epoch. The limit of an
/// attempt takes effect a little after its time, when another probe may have the place already: the failure of a server that hangs would be lost each time.
/// </para>
/// </remarks>
internal sealed partial class EndpointHealth
{
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();

    private HealthEpoch _epoch; // Replaced under the lock, read by all.
    private AmbassadorCircuitBreakerOptions _options; // The same.
    private bool _neverOpens; // The same.
    private bool _hasSiblings;

    // Guarded by the lock.
    private readonly BreakLength _breakLength;
    private readonly ProbeSlot _probe = new();
    private int _successes; // In a row, since the break.
    private long _ejections;

    public EndpointHealth(
        TimeProvider clock, AmbassadorCircuitBreakerOptions options, Random? random = null, CircuitState state = CircuitState.Closed)
    {
        _clock = clock;
        _options = options;
        _breakLength = new BreakLength(random ?? Random.Shared);
        var now = clock.GetTimestamp();
        _epoch = new HealthEpoch(number: 1, state, now, new HealthWindow(options.Window, clock, now));
    }

    /// <summary>
    /// Called when the circuit has changed, outside of the lock: of two changes right after each other, either may be told first. Must not throw.
    /// </summary>
    public Action<CircuitState, CircuitState>? OnTransition { get; init; }

    /// <summary>Whether there are other endpoints that could take over: then a few failures in a row suffice.</summary>
    public bool HasSiblings
    {
        get => Volatile.Read(ref _hasSiblings);
        set => Volatile.Write(ref _hasSiblings, value);
    }

    /// <summary>How often the circuit has opened that was closed.</summary>
    public long Ejections => Volatile.Read(ref _ejections);

    /// <summary>The number of the epoch: another one with each change of the circuit.</summary>
    public long Epoch => Volatile.Read(ref _epoch).Number;

    /// <summary>Whether all requests are let through.</summary>
    public bool IsClosed => Volatile.Read(ref _epoch).LetsAllThrough;

    /// <summary>Asks for the leave to send a request. Whoever is given it says how the request ended: <see cref="Record"/>.</summary>
    /// <param name="now">The time.</param>
    /// <param name="probeTimeout">After how long a probe that has not ended makes room for another one, if the options are not to say.</param>
    /// <param name="permit">The leave.</param>
    /// <param name="retryAfter">Otherwise, in how long there may be one; <see langword="null"/> where that depends on others.</param>
    public bool TryEnter(long now, TimeSpan? probeTimeout, out HealthPermit permit, out TimeSpan? retryAfter)
    {
        var epoch = Volatile.Read(ref _epoch);
        permit = new HealthPermit(epoch.Number, Probe: 0);
        if (epoch.LetsAllThrough)
        {
            retryAfter = null;
            return true;
        }

        if (epoch.Refuses(now))
        {
            permit = default;
            retryAfter = epoch.Left(now, _clock);
            return false;
        }

        return TryProbe(now, TimeTicks.Of(probeTimeout ?? Volatile.Read(ref _options).ProbeTimeout, _clock), out permit, out retryAfter);
    }

    /// <summary>Says how a request ended.</summary>
    /// <param name="permit">The leave with which it was sent.</param>
    /// <param name="effect">What that says about the endpoint.</param>
    /// <param name="now">The time.</param>
    /// <param name="minimumBreak">How long the server asks to be left alone.</param>
    public void Record(in HealthPermit permit, HealthEffect effect, long now, TimeSpan? minimumBreak = null)
    {
        var epoch = Volatile.Read(ref _epoch);
        if (permit.Epoch != epoch.Number)
        {
            return;
        }

        if (!epoch.LetsAllThrough)
        {
            RecordProbe(permit, effect, now, minimumBreak);
        }
        else if (effect == HealthEffect.Success)
        {
            epoch.CountSuccess(now);
        }
        else if (effect == HealthEffect.Failure)
        {
            RecordFailure(epoch, now, minimumBreak);
        }
    }

    /// <summary>How the circuit stands. A break that is over stays one until a request is let through.</summary>
    public CircuitReading Read()
    {
        var epoch = Volatile.Read(ref _epoch);
        return new CircuitReading(epoch.State, epoch.Since, epoch.Left(_clock.GetTimestamp(), _clock));
    }

    private bool TryProbe(long now, long ticks, out HealthPermit permit, out TimeSpan? retryAfter)
    {
        var begins = false;
        lock (_lock)
        {
            if (_epoch.State == CircuitState.Open && now >= _epoch.OpenUntil)
            {
                begins = true;
                _successes = 0;
                ChangeTo(CircuitState.HalfOpen, now);
            }

            var probe = _epoch.State == CircuitState.HalfOpen ? _probe.TryTake(now, ticks) : 0;
            var isAdmitted = probe != 0 || _epoch.LetsAllThrough; // The latter since a moment ago.
            permit = isAdmitted ? new HealthPermit(_epoch.Number, probe) : default;
            retryAfter = _epoch.Left(now, _clock);
            if (!begins)
            {
                return isAdmitted;
            }
        }

        Tell(CircuitState.Open, CircuitState.HalfOpen);
        return true; // The first of a half-open circuit finds the place free.
    }

    private void RecordProbe(in HealthPermit permit, HealthEffect effect, long now, TimeSpan? minimumBreak)
    {
        CircuitState to;
        lock (_lock)
        {
            if (permit.Epoch != _epoch.Number || _epoch.State != CircuitState.HalfOpen)
            {
                return;
            }

            _probe.Return(permit.Probe);
            if (effect == HealthEffect.Failure)
            {
                Open(now, minimumBreak);
            }
            else if (effect == HealthEffect.Success && permit.IsProbe && ++_successes >= _options.SuccessesToClose)
            {
                ChangeTo(CircuitState.Closed, now, withNewWindow: true);
            }

            to = _epoch.State;
        }

        Tell(CircuitState.HalfOpen, to);
    }

    private void RecordFailure(HealthEpoch epoch, long now, TimeSpan? minimumBreak)
    {
        var inARow = epoch.CountFailure(now);
        if (epoch.State != CircuitState.Closed || NeverOpens || !(IsTooMany(inARow) || IsBad(epoch.Window.Sum(now))))
        {
            return;
        }

        lock (_lock)
        {
            if (_epoch != epoch || _neverOpens)
            {
                return;
            }

            Open(now, minimumBreak);
        }

        Tell(CircuitState.Closed, CircuitState.Open);
    }

    private bool IsTooMany(int failuresInARow) => HasSiblings && failuresInARow >= Volatile.Read(ref _options).FailuresInARow;

    private bool IsBad((long Total, long Failed) sum)
    {
        var options = Volatile.Read(ref _options);
        return sum.Total >= options.MinimumAttempts && (double)sum.Failed / sum.Total >= options.FailureRatio;
    }

    private void Tell(CircuitState from, CircuitState to)
    {
        if (from != to)
        {
            OnTransition?.Invoke(from, to);
        }
    }
}
