namespace SidecarPatterns;

/// <content>How one set follows the other: endpoints come and go, fail and recover. All under the lock; no pick waits for it.</content>
internal sealed partial class Balancer
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, BalancedEndpoint> _states = new(StringComparer.Ordinal); // Those that left are remembered here.
    private readonly SortedSet<int> _freeOrdinals = [];
    private int _ordinals;
    private BalancedEndpoint[] _members = [];
    private AmbassadorCircuitBreakerOptions _breaker;
    private bool _neverOpens;
    private long _trips;

    /// <summary>How many endpoints are known, those included that have left.</summary>
    public int KnownCount
    {
        get
        {
            lock (_lock)
            {
                return _states.Count + _hosts.Count;
            }
        }
    }

    /// <summary>Whether circuits only count, since somebody else decides.</summary>
    public bool NeverOpens
    {
        get => Volatile.Read(ref _neverOpens);
        set
        {
            BalancedEndpoint[] known;
            lock (_lock)
            {
                Volatile.Write(ref _neverOpens, value);
                known = [.. _states.Values, .. _hosts.Values];
            }

            foreach (var endpoint in known)
            {
                endpoint.Health.NeverOpens = value;
            }
        }
    }

    /// <summary>Takes new options; nothing that is known is lost.</summary>
    public void Apply(AmbassadorBalancingOptions options, AmbassadorCircuitBreakerOptions breaker)
    {
        lock (_lock)
        {
            Volatile.Write(ref _scale, new BalancingScale(options, _clock));
            _breaker = breaker;
            foreach (var endpoint in _states.Values.Concat(_hosts.Values))
            {
                endpoint.Health.Apply(breaker);
            }

            Publish(_clock.GetTimestamp());
        }
    }

    /// <summary>Replaces the endpoints. What is known of an endpoint stays, by its address; one that has left gets no new requests.</summary>
    /// <returns>Whether all of them are in use: of more than there may be, the first ones are.</returns>
    public bool Replace(IEnumerable<EndpointSpec> specs)
    {
        lock (_lock)
        {
            var now = _clock.GetTimestamp();
            var distinct = specs.DistinctBy(static spec => spec.Key, StringComparer.Ordinal).ToList();
            var wanted = distinct.Take(_scale.Options.MaxEndpoints).ToList();
            Dismiss(wanted, now);
            var isFirst = _members.Length == 0;
            foreach (var spec in wanted)
            {
                if (!_states.TryGetValue(spec.Key, out var endpoint))
                {
                    endpoint = Create(spec, now, startsSlowly: !isFirst);
                    _states.Add(spec.Key, endpoint);
                }

                endpoint.LeftAt = null;
                endpoint.Be(spec);
                endpoint.Health.HasSiblings = wanted.Count > 1;
            }

            _members = [.. wanted.Select(spec => _states[spec.Key]).OrderBy(static endpoint => endpoint.Priority)];
            Publish(now);
            return wanted.Count == distinct.Count;
        }
    }

    private BalancedEndpoint Create(EndpointSpec spec, long now, bool startsSlowly)
    {
        if (_freeOrdinals.Count == 0)
        {
            _freeOrdinals.Add(_ordinals++);
        }

        var ordinal = _freeOrdinals.Min;
        _freeOrdinals.Remove(ordinal);
        var endpoint = Make(spec.Address, ordinal, OnCircuit);
        if (startsSlowly)
        {
            endpoint.StartSlowly(now);
        }

        return endpoint;
    }

    /// <summary>Makes what is known of an endpoint, which is nothing yet but what is forced on all.</summary>
    private BalancedEndpoint Make(EndpointAddress? address, int ordinal, Action<BalancedEndpoint, CircuitState, CircuitState> onTransition)
    {
        BalancedEndpoint endpoint = null!;
        var health = new EndpointHealth(_clock, _breaker, _random, _forced ?? CircuitState.Closed)
        {
            OnTransition = (from, to) => onTransition(endpoint, from, to),
            NeverOpens = _neverOpens,
        };
        return endpoint = new BalancedEndpoint(address, ordinal, health, _clock);
    }

    /// <summary>Lets those go that are not wanted any more, and forgets those that left long ago, or first, to make room.</summary>
    private void Dismiss(List<EndpointSpec> wanted, long now)
    {
        var keys = wanted.Select(static spec => spec.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var endpoint in _members.Where(endpoint => !keys.Contains(KeyOf(endpoint))))
        {
            endpoint.LeftAt = now;
            endpoint.StaysIn = false;
        }

        Forget(_states.Values.Where(endpoint => now - endpoint.LeftAt >= _scale.KeepStateTicks));
        var room = Math.Max(0, _scale.Options.MaxEndpoints - keys.Count(key => !_states.ContainsKey(key)));
        Forget(_states.Values
            .Where(endpoint => endpoint.LeftAt is not null && !keys.Contains(KeyOf(endpoint)))
            .OrderBy(static endpoint => endpoint.LeftAt)
            .Take(Math.Max(0, _states.Count - room)));
    }

    private void Forget(IEnumerable<BalancedEndpoint> endpoints)
    {
        foreach (var endpoint in endpoints.ToList())
        {
            _states.Remove(KeyOf(endpoint));
            _freeOrdinals.Add(endpoint.Ordinal);
        }
    }

    private static string KeyOf(BalancedEndpoint endpoint) => endpoint.Address?.Key ?? "";

    private void OnCircuit(BalancedEndpoint endpoint, CircuitState from, CircuitState to)
    {
        var now = _clock.GetTimestamp();
        if (from == CircuitState.HalfOpen && to == CircuitState.Closed)
        {
            endpoint.StartAnew(now);
        }

        lock (_lock)
        {
            endpoint.TrippedAs = !IsTripped(endpoint.Health.Read().State) ? 0 : endpoint.TrippedAs != 0 ? endpoint.TrippedAs : ++_trips;
            Publish(now); // By what circuits are now: of two changes the later one may come first.
        }

        OnTransition?.Invoke(endpoint, from, to);
    }

    private void Publish(long now)
    {
        if (_members.Length < 2)
        {
            Array.ForEach(_members, static endpoint => endpoint.StaysIn = false);
            Volatile.Write(ref _set, _members.Length == 0 ? EndpointSet.Empty : new EndpointSet(_members, [], []));
            return;
        }

        var tiers = new List<EndpointTier>();
        var recovering = new List<BalancedEndpoint>();
        foreach (var tier in _members.GroupBy(static endpoint => endpoint.Priority))
        {
            tiers.Add(CreateTier([.. tier], recovering));
        }

        var set = new EndpointSet(_members, [.. tiers], [.. recovering]);
        Volatile.Write(ref _set, set);
        foreach (var endpoint in recovering.Take(set.Wanted))
        {
            LookAgainAt(endpoint.Health.Read().RetryAfter is { } left ? now + TimeTicks.Of(left, _clock) : now);
        }
    }

    /// <summary>
    /// Those that requests go to. An endpoint whose circuit is open is left alone, up to a part of all, as long as one is closed: first those that tripped
    /// first. Each priority is reckoned by itself, since one that is ill throughout must make way for the next.
    /// </summary>
    private EndpointTier CreateTier(BalancedEndpoint[] members, List<BalancedEndpoint> recovering)
    {
        var states = members.Select(static endpoint => endpoint.Health.Read().State).ToArray();
        Array.ForEach(members, static endpoint => endpoint.StaysIn = false);
        var closed = members.Where((_, i) => states[i] is CircuitState.Closed or CircuitState.ForcedClosed).ToList();
        var tripped = members.Where((_, i) => IsTripped(states[i])).OrderBy(static endpoint => endpoint.TrippedAs).ToList();
        recovering.AddRange(tripped);
        if (closed.Count == 0)
        {
            return new EndpointTier([]);
        }

        var forced = members.Length - closed.Count - tripped.Count;
        var staying = tripped.Skip(Math.Max(0, (int)(members.Length * _scale.Options.MaxEjectedRatio) - forced)).ToList();
        staying.ForEach(static endpoint => endpoint.StaysIn = true);
        return new EndpointTier([.. closed, .. staying]);
    }

    private static bool IsTripped(CircuitState state) => state is CircuitState.Open or CircuitState.HalfOpen;
}
