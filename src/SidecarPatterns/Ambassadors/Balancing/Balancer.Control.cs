namespace SidecarPatterns;

/// <content>What is done to all endpoints from outside, and what they are as one.</content>
internal sealed partial class Balancer
{
    private CircuitState? _forced; // Guarded by the lock.

    /// <summary>How the circuits stand as one: closed as long as there is an endpoint that requests go to.</summary>
    public CircuitReading Read()
    {
        var set = Set;
        if (set.Single is { } single && _hosts.IsEmpty)
        {
            return single.Health.Read();
        }

        // Of endpoints in the same state the one that came there first, but for closed ones: of these the last, since it was the last to matter.
        CircuitReading? best = null;
        TimeSpan? retryAfter = null;
        foreach (var endpoint in _hosts.IsEmpty ? set.All : _hosts.Values)
        {
            var reading = endpoint.Health.Read();
            retryAfter = reading.RetryAfter is { } after && !(retryAfter <= after) ? after : retryAfter;
            if (best is null || RankOf(reading.State) < RankOf(best.Value.State) || (reading.State == best.Value.State && reading.Since < best.Value.Since))
            {
                best = reading;
            }
        }

        return best is { } found ? found with { RetryAfter = RankOf(found.State) < 2 ? null : retryAfter } : new CircuitReading(CircuitState.Closed, 0, null);
    }

    /// <summary>How each endpoint stands; none where requests say themselves where they go.</summary>
    public IReadOnlyList<AmbassadorEndpointSnapshot> TakeSnapshots()
    {
        var now = _clock.GetTimestamp();
        var scale = Scale;
        return [.. Set.All.Where(static endpoint => endpoint.Address is not null).Select(endpoint => Describe(endpoint, now, scale))];
    }

    /// <summary>Whether an endpoint is there.</summary>
    public bool HasEndpointAt(string host, int port) => Array.Exists(Set.All, endpoint => endpoint.Address is { } address && address.IsAt(host, port));

    /// <summary>Whether an endpoint is known by that name, or is at that address.</summary>
    public bool HasEndpointNamed(string host) =>
        Array.Exists(Set.All, endpoint => endpoint.Address is { } address && HostRule.NameOf(address.Name).Equals(host, StringComparison.OrdinalIgnoreCase));

    /// <summary>Lets no request through until it is released, to whatever endpoint.</summary>
    public void ForceOpen() => Force(CircuitState.ForcedOpen);

    /// <summary>Lets all requests through until it is released, to whatever endpoint, and counts.</summary>
    public void ForceClosed() => Force(CircuitState.ForcedClosed);

    /// <summary>Takes back what was forced.</summary>
    public void Release() => Force(null);

    /// <summary>Whether an endpoint that requests go to is none of those.</summary>
    public bool HasUntried(in TriedEndpoints tried)
    {
        var set = Set;
        for (var i = set.FirstReady; i < set.Tiers.Length; i++)
        {
            foreach (var endpoint in set.Tiers[i].Ready)
            {
                if (!tried.Contains(endpoint))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private AmbassadorEndpointSnapshot Describe(BalancedEndpoint endpoint, long now, BalancingScale scale)
    {
        var circuit = endpoint.Health.Read();
        var seconds = endpoint.SecondsAt(now, scale);
        return new AmbassadorEndpointSnapshot
        {
            Endpoint = endpoint.Address!.Authority,
            Circuit = circuit.State,
            CircuitSince = _clock.GetUtcNow() - _clock.GetElapsedTime(circuit.Since, now),
            StaysIn = endpoint.StaysIn,
            Weight = endpoint.Weight,
            Priority = endpoint.Priority,
            InFlight = endpoint.InFlight,
            Requests = endpoint.Picks,
            Failures = endpoint.Failures,
            Ejections = endpoint.Health.Ejections,
            Latency = seconds < 0 ? null : TimeSpan.FromSeconds(seconds),
        };
    }

    private void Force(CircuitState? state)
    {
        BalancedEndpoint[] known;
        lock (_lock)
        {
            _forced = state;
            known = [.. _states.Values, .. _hosts.Values];
        }

        foreach (var endpoint in known)
        {
            Force(endpoint.Health, state);
        }
    }

    private static void Force(EndpointHealth health, CircuitState? state)
    {
        if (state == CircuitState.ForcedOpen)
        {
            health.ForceOpen();
        }
        else if (state == CircuitState.ForcedClosed)
        {
            health.ForceClosed();
        }
        else
        {
            health.Release();
        }
    }

    private static int RankOf(CircuitState state) => state switch
    {
        CircuitState.ForcedClosed => 0,
        CircuitState.Closed => 1,
        CircuitState.HalfOpen => 2,
        CircuitState.Open => 3,
        _ => 4,
    };
}
