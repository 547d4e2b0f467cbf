namespace SidecarPatterns;

/// <content>The pick itself: the better of two, a probe where one is due, and what is left where neither can be had.</content>
internal sealed partial class Balancer
{
    private const int MaxDraws = 4; // Where those that were drawn are being found out about, others may not; then all are looked at.

    private static bool TryPickSingle(
        BalancedEndpoint single, long now, PickPurpose purpose, TimeSpan? probeTimeout, out EndpointLease lease, out TimeSpan? retryAfter)
    {
        retryAfter = null;
        HealthPermit permit;
        if (purpose == PickPurpose.Hedge ? TryEnterSafely(single, now, out permit) : single.Health.TryEnter(now, probeTimeout, out permit, out retryAfter))
        {
            lease = new EndpointLease(single, permit, now, IsCounted: false);
            return true;
        }

        lease = default;
        return false;
    }

    private bool TryPickAmong(
        EndpointSet set, long now, PickPurpose purpose, in TriedEndpoints tried, TimeSpan? probeTimeout, out EndpointLease lease, out TimeSpan? retryAfter)
    {
        retryAfter = null;
        if (purpose == PickPurpose.Attempt && now >= Volatile.Read(ref _dueAt) && TryProbe(set, now, tried, probeTimeout, out lease))
        {
            return true;
        }

        for (var i = set.FirstReady; i < set.Tiers.Length; i++)
        {
            if (TryPickOf(set, set.Tiers[i], now, purpose, tried, probeTimeout, out lease))
            {
                return true;
            }
        }

        if (purpose == PickPurpose.Attempt && !tried.IsEmpty)
        {
            // Rather one that the call has been to than none.
            return TryPickAmong(set, now, purpose, default, probeTimeout, out lease, out retryAfter);
        }

        lease = default;
        if (Volatile.Read(ref _dueAt) is var dueAt && dueAt != long.MaxValue)
        {
            retryAfter = dueAt > now ? _clock.GetElapsedTime(now, dueAt) : TimeSpan.Zero;
        }

        return false;
    }

    private bool TryPickOf(
        EndpointSet set, EndpointTier tier, long now, PickPurpose purpose, in TriedEndpoints tried, TimeSpan? probeTimeout, out EndpointLease lease)
    {
        var ready = tier.Ready;
        var (first, second) = DrawTwo(set, tier, now, tried);
        if (first < 0)
        {
            lease = default;
            return false;
        }

        return TryEnter(ready[first], now, purpose, probeTimeout, out lease)
            || (second >= 0 && TryEnter(ready[second], now, purpose, probeTimeout, out lease))
            || TryEnterAny(ready, first, now, purpose, tried, probeTimeout, out lease);
    }

    /// <summary>Draws two places by lot, the better one first; -1 where there is none.</summary>
    private (int Better, int Other) DrawTwo(EndpointSet set, EndpointTier tier, long now, in TriedEndpoints tried)
    {
        var ready = tier.Ready;
        for (var draws = 1; ; draws++)
        {
            var lots = (ulong)_random.NextInt64();
            var first = ready.Length == 0 ? -1 : SkipTried(ready, tier.Draw((lots >> 32) * (1.0 / (1L << 31))), except: -1, tried);
            if (first < 0 || ready.Length == 1)
            {
                return (first, -1);
            }

            var second = (int)(((uint)lots * (ulong)(ready.Length - 1)) >> 32);
            second = SkipTried(ready, second >= first ? second + 1 : second, except: first, tried);
            if (second >= 0 && !IsBetter(set, ready[first], ready[second], now, (uint)lots))
            {
                (first, second) = (second, first);
            }

            if (!ready[first].IsBeingFoundOut)
            {
                return (first, second);
            }

            if (draws == MaxDraws)
            {
                return FindOther(ready, first, tried) is var other && other >= 0 ? (other, first) : (first, second);
            }
        }
    }

    // The next place of one that is not being found out about, where lots have not found it; -1 if there is none.
    private static int FindOther(BalancedEndpoint[] ready, int from, in TriedEndpoints tried)
    {
        for (var i = 1; i < ready.Length; i++)
        {
            var place = (from + i) % ready.Length;
            if (!ready[place].IsBeingFoundOut && !tried.Contains(ready[place]))
            {
                return place;
            }
        }

        return -1;
    }

    // The next place that the call has not been to; -1 if there is none. It has been to few.
    private static int SkipTried(BalancedEndpoint[] ready, int place, int except, in TriedEndpoints tried)
    {
        if (tried.IsEmpty)
        {
            return place;
        }

        for (var i = 0; i < ready.Length; i++)
        {
            if (place != except && !tried.Contains(ready[place]))
            {
                return place;
            }

            place = place + 1 == ready.Length ? 0 : place + 1;
        }

        return -1;
    }

    /// <summary>Whether a request goes to the one that was drawn first, by its weight, and not to the other one.</summary>
    /// <remarks>
    /// By cost. Only where weights differ and nothing else does, the lot stands: while few requests are under way the one more of the formula weighs so much
    /// that the lighter endpoint would never be the cheaper one, and get nothing.
    /// </remarks>
    private bool IsBetter(EndpointSet set, BalancedEndpoint first, BalancedEndpoint second, long now, uint lot)
    {
        var scale = Scale;
        var (load, other) = (first.LoadAt(now, set, scale), second.LoadAt(now, set, scale));
        if (load.Weight == other.Weight || !load.IsAsGood(other))
        {
            return load.IsCheaper(other);
        }

        return load.Weight >= first.Weight || (lot & 0xFFFF) * first.Weight < load.Weight * 0x10000; // It was drawn by its full weight.
    }

    /// <summary>Asks one endpoint, which the caller has a place at; or has waited for, so that it may have left the endpoints.</summary>
    public bool TryEnter(BalancedEndpoint endpoint, long now, TimeSpan? probeTimeout, out EndpointLease lease)
    {
        var set = Set;
        if (endpoint.Address is not null && !set.All.Contains(endpoint))
        {
            lease = default;
            return false;
        }

        return set.Single is not null
            ? TryPickSingle(endpoint, now, PickPurpose.Attempt, probeTimeout, out lease, out _)
            : TryEnter(endpoint, now, PickPurpose.Attempt, probeTimeout, out lease);
    }

    private static bool TryEnter(BalancedEndpoint endpoint, long now, PickPurpose purpose, TimeSpan? probeTimeout, out EndpointLease lease)
    {
        HealthPermit permit;
        if (purpose == PickPurpose.Hedge
            ? TryEnterSafely(endpoint, now, out permit)
            : endpoint.Health.TryEnter(now, probeTimeout, out permit, out _) || endpoint.StaysIn)
        {
            endpoint.Enter();
            lease = new EndpointLease(endpoint, permit, now, IsCounted: true);
            return true;
        }

        lease = default;
        return false;
    }

    // A hedge is no probe: whether the endpoint has recovered is not found out by a request that the winner cancels.
    private static bool TryEnterSafely(BalancedEndpoint endpoint, long now, out HealthPermit permit)
    {
        permit = default;
        if (!endpoint.Health.IsClosed || !endpoint.Health.TryEnter(now, null, out permit, out _))
        {
            return false;
        }

        if (!permit.IsProbe)
        {
            return true;
        }

        endpoint.Health.Record(permit, HealthEffect.Neutral, now); // It opened, and its break ended, since the look above.
        return false;
    }

    // Both that were drawn refuse: their circuits have opened since the set was made. It is replaced at this moment.
    private static bool TryEnterAny(
        BalancedEndpoint[] ready, int from, long now, PickPurpose purpose, in TriedEndpoints tried, TimeSpan? probeTimeout, out EndpointLease lease)
    {
        for (var i = 1; i < ready.Length; i++)
        {
            var endpoint = ready[(from + i) % ready.Length];
            if (!tried.Contains(endpoint) && TryEnter(endpoint, now, purpose, probeTimeout, out lease))
            {
                return true;
            }
        }

        lease = default;
        return false;
    }

    /// <summary>Has the request be a probe of an endpoint whose break is over: each in turn.</summary>
    private bool TryProbe(EndpointSet set, long now, in TriedEndpoints tried, TimeSpan? probeTimeout, out EndpointLease lease)
    {
        Interlocked.Exchange(ref _dueAt, long.MaxValue); // Before the look: what changes meanwhile sets it again.
        var turn = (uint)Interlocked.Increment(ref _turn);
        var dueAt = long.MaxValue;
        for (var i = 0; i < set.Wanted; i++)
        {
            var endpoint = set.Recovering[(turn + (uint)i) % (uint)set.Wanted];
            if (tried.Contains(endpoint))
            {
                dueAt = now;
            }
            else if (endpoint.Health.TryEnter(now, probeTimeout, out var permit, out var retryAfter))
            {
                endpoint.Enter();
                lease = new EndpointLease(endpoint, permit, now, IsCounted: true);
                LookAgainAt(now);
                return true;
            }
            else
            {
                // Where another one probes it, whoever ends that says so; the look after a while is for a probe that is given up on.
                dueAt = Math.Min(dueAt, retryAfter is { } left ? now + TimeTicks.Of(left, _clock) : now + Scale.LookAgainTicks);
            }
        }

        LookAgainAt(dueAt);
        lease = default;
        return false;
    }

    private void LookAgainAt(long at)
    {
        for (var seen = Volatile.Read(ref _dueAt); at < seen;)
        {
            var before = Interlocked.CompareExchange(ref _dueAt, at, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
