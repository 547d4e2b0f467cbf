namespace SidecarPatterns;

/// <summary>
/// The endpoints of one ambassador: which of them an attempt goes to, and what becomes known of it when it ends. Thread-safe; a pick takes no lock.
/// </summary>
/// <remarks>
/// <para>
/// Picks read a set that is never changed. An endpoint that fails or recovers, comes or goes, has a new one made (see <c>Balancer.Sets.cs</c>), so that a pick
/// draws from those alone that requests go to, however many there are.
/// </para>
/// <para>
/// Where there is one endpoint, that is it: nothing is drawn, counted or reckoned. The circuit of a lone endpoint is then all that is kept.
/// </para>
/// </remarks>
internal sealed partial class Balancer
{
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private EndpointSet _set = EndpointSet.Empty;
    private BalancingScale _scale;
    private long _dueAt = long.MaxValue; // When one that is left alone may let a probe through; never later than that is.
    private int _turn;

    /// <summary>Makes one without endpoints: <see cref="Replace"/>.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="options">The options of the balance.</param>
    /// <param name="breaker">The options of the circuits.</param>
    /// <param name="random">Draws the lots; where it is given, one thread at a time picks.</param>
    public Balancer(TimeProvider clock, AmbassadorBalancingOptions options, AmbassadorCircuitBreakerOptions breaker, Random? random = null)
    {
        _clock = clock;
        _random = random ?? Random.Shared;
        _scale = new BalancingScale(options, clock);
        _breaker = breaker;
    }

    /// <summary>Called when the circuit of an endpoint has changed, outside of all locks. Must not throw.</summary>
    public Action<BalancedEndpoint, CircuitState, CircuitState>? OnTransition { get; init; }

    /// <summary>The endpoints as they are.</summary>
    public EndpointSet Set => Volatile.Read(ref _set);

    public BalancingScale Scale => Volatile.Read(ref _scale);

    /// <summary>Whether an attempt is likely to be let through in a given time: some endpoint is in order, or its break will be over.</summary>
    /// <param name="delay">The time.</param>
    /// <param name="last">Where the attempt before went: where endpoints are hosts, the next one goes there too.</param>
    public bool CanAdmit(TimeSpan delay, BalancedEndpoint? last = null)
    {
        var set = Set;
        if (set.Single is { } single)
        {
            var circuit = (last ?? single).Health.Read();
            return circuit.State is not (CircuitState.Open or CircuitState.ForcedOpen) || circuit.RetryAfter <= delay;
        }

        return set.FirstReady < set.Tiers.Length || _clock.GetTimestamp() + TimeTicks.Of(delay, _clock) >= Volatile.Read(ref _dueAt);
    }

    /// <summary>Picks an endpoint for an attempt.</summary>
    /// <param name="now">The time.</param>
    /// <param name="purpose">What it is wanted for.</param>
    /// <param name="tried">Those that the call has been to: they come last, and for a hedge not at all.</param>
    /// <param name="probeTimeout">After how long a probe that has not ended makes room for another one, if the options are not to say.</param>
    /// <param name="lease">The endpoint, and the leave to send one request to it.</param>
    /// <param name="retryAfter">Otherwise, in how long there may be one; <see langword="null"/> where nobody knows.</param>
    public bool TryPick(
        long now, PickPurpose purpose, in TriedEndpoints tried, TimeSpan? probeTimeout, out EndpointLease lease, out TimeSpan? retryAfter)
    {
        var set = Volatile.Read(ref _set);
        return set.Single is { } single
            ? TryPickSingle(single, now, purpose, probeTimeout, out lease, out retryAfter)
            : TryPickAmong(set, now, purpose, tried, probeTimeout, out lease, out retryAfter);
    }

    /// <summary>A request has ended with a good answer.</summary>
    public void EndGood(in EndpointLease lease, long now)
    {
        var (endpoint, scale) = (lease.Endpoint, Scale);
        endpoint.Health.Record(lease.Permit, HealthEffect.Success, now);
        endpoint.MarkUsed(now, scale);
        if (lease.IsCounted)
        {
            endpoint.Leave();
            endpoint.RecordAnswer((now - lease.At) * scale.SecondsPerTick, now, scale);
        }

        if (lease.Permit.IsProbe)
        {
            LookAgainAt(now);
        }
    }

    /// <summary>A request has ended.</summary>
    /// <param name="lease">The leave with which it was sent.</param>
    /// <param name="attempt">How it ended.</param>
    /// <param name="effect">What that says about the endpoint's health.</param>
    /// <param name="now">The time.</param>
    /// <param name="retryAfter">How long the server asks to be spared.</param>
    /// <param name="minimumBreak">The same, where it is to be the least length of a break: that of a 503.</param>
    public void End(in EndpointLease lease, AttemptClass attempt, HealthEffect effect, long now, TimeSpan? retryAfter = null, TimeSpan? minimumBreak = null)
    {
        var (endpoint, scale) = (lease.Endpoint, Scale);

        // First the circuit: one that closes forgets what the endpoint took when it was ill, but not what this took.
        endpoint.Health.Record(lease.Permit, effect, now, minimumBreak);
        endpoint.MarkUsed(now, scale);
        if (lease.IsCounted)
        {
            endpoint.Leave();
            RecordCost(endpoint, attempt, effect, (now - lease.At) * scale.SecondsPerTick, now, retryAfter, scale);
        }

        if (lease.Permit.IsProbe)
        {
            LookAgainAt(now);
        }
    }

    /// <summary>No request is sent after all: what is known of the endpoint, and how many it was sent, stays as it was.</summary>
    public void GiveBack(in EndpointLease lease, long now)
    {
        lease.Endpoint.Health.Record(lease.Permit, HealthEffect.Neutral, now);
        if (lease.IsCounted)
        {
            lease.Endpoint.Withdraw();
        }

        if (lease.Permit.IsProbe)
        {
            LookAgainAt(now);
        }
    }

    /// <summary>A body that was handed over has ended badly, after its attempt had ended well.</summary>
    public void EndBody(in EndpointLease lease, long now)
    {
        lease.Endpoint.Health.Record(lease.Permit.AsResult(), HealthEffect.Failure, now);
        if (lease.IsCounted)
        {
            lease.Endpoint.CountFailure();
            lease.Endpoint.RecordFailure(0, retryAfter: null, now, Scale);
        }
    }

    private void RecordCost(
        BalancedEndpoint endpoint, AttemptClass attempt, HealthEffect effect, double seconds, long now, TimeSpan? retryAfter, BalancingScale scale)
    {
        if (effect == HealthEffect.Failure)
        {
            endpoint.CountFailure();
        }

        switch (attempt)
        {
            case AttemptClass.Success:
                endpoint.RecordAnswer(seconds, now, scale);
                break;
            case AttemptClass.Throttled:
                endpoint.RecordThrottle(seconds, retryAfter, now, Set, scale);
                break;
            case AttemptClass.Cancelled:
                endpoint.RecordAtLeast(seconds, now, Set, scale);
                break;
            default:
                if (effect == HealthEffect.Failure)
                {
                    endpoint.RecordFailure(seconds, retryAfter, now, scale);
                }

                break;
        }
    }
}
