namespace SidecarPatterns.Benchmarks;

/// <summary>An ambassador, made of the library's own blocks in the order of its pipeline: only the waiting is the simulation's.</summary>
internal sealed class AmbassadorProcess : CallerProcess
{
    private readonly AmbassadorOptions _options = new();
    private readonly Balancer _balancer;
    private readonly RetryBudget _budget;
    private readonly HedgeDelay _hedgeDelay;
    private long _calls;

    /// <param name="world">Its world.</param>
    /// <param name="configure">Changes its options, which are the defaults.</param>
    public AmbassadorProcess(World world, Action<AmbassadorOptions>? configure = null)
        : base(world)
    {
        configure?.Invoke(_options);
        _balancer = new Balancer(world.Time, _options.Balancing, _options.CircuitBreaker, world.Random);
        _budget = new RetryBudget(world.Time, _options.RetryBudget);
        _budget.Join(() => _calls);
        _hedgeDelay = new HedgeDelay(world.Time);
        FindServers();
    }

    /// <summary>Takes the servers that there are. The number of an endpoint is that of its server, since none ever leaves.</summary>
    public void FindServers() => _balancer.Replace(Enumerable.Range(0, World.Known).Select(
        static server => new EndpointSpec(new EndpointAddress(new Uri($"http://10.0.0.{server + 1}/")))));

    public override async Task<bool> CallAsync()
    {
        TimeSpan dueAt = Time.Elapsed + _options.Timeout;
        TriedEndpoints tried = default;
        if (!TryPick(PickPurpose.Attempt, 1, tried, out EndpointLease lease))
            return false;

        _calls++;
        bool isRefundable = false;
        for (int attempt = 1; ; attempt++)
        {
            AttemptEnd end;
            TimeSpan limit = LimitOf(attempt, dueAt);
            if (HedgeDelayOf() is { } hedgeDelay)
            {
                (end, BalancedEndpoint? second) = await SendHedgedAsync(lease, limit, hedgeDelay, tried, dueAt);
                if (second is not null)
                    tried.Add(second);
            }
            else
            {
                end = await World.Send(lease.Endpoint.Ordinal, limit);
                End(lease, end);
            }

            tried.Add(lease.Endpoint);
            if (end.IsGood)
            {
                if (isRefundable)
                    _budget.Refund();

                return true;
            }

            if (FindDelay(attempt, dueAt, end, tried) is not { } delay)
                return false;

            await Time.Delay(delay);
            if (dueAt - Time.Elapsed < _options.MinAttemptTime || !TryPick(PickPurpose.Attempt, attempt + 1, tried, out lease))
            {
                _budget.Refund();
                return false;
            }

            isRefundable = !end.IsTimeout;
        }
    }

    /// <summary>How long to wait before another attempt; nothing if there is none.</summary>
    private TimeSpan? FindDelay(int attempt, TimeSpan dueAt, AttemptEnd end, in TriedEndpoints tried)
    {
        bool isElsewhere = end.Class == AttemptClass.Unsent && attempt == 1 && _balancer.HasUntried(tried);
        TimeSpan delay = isElsewhere
            ? TimeSpan.Zero
            : RetryDelay.Next(_options.Retry.Delay, _options.Retry.MaxDelay, attempt - 1, retryAfter: null, _options.Retry, Random);
        return attempt < _options.Retry.MaxAttempts
            && delay <= dueAt - Time.Elapsed - _options.MinAttemptTime
            && _balancer.CanAdmit(delay)
            && _budget.TryWithdraw()
            ? delay
            : null;
    }

    private TimeSpan LimitOf(int attempt, TimeSpan dueAt) =>
        attempt < _options.Retry.MaxAttempts ? Min(_options.AttemptTimeout, dueAt - Time.Elapsed) : dueAt - Time.Elapsed;

    private bool TryPick(PickPurpose purpose, int attempt, TriedEndpoints avoided, out EndpointLease lease)
    {
        // Each endpoint that is full is passed over once.
        TimeSpan? probeTimeout = attempt < _options.Retry.MaxAttempts ? _options.AttemptTimeout : null;
        for (int picks = 0; picks < World.Endpoints && _balancer.TryPick(Time.Now, purpose, avoided, probeTimeout, out lease, out _); picks++)
        {
            if (!(lease.Endpoint.InFlight > _options.Concurrency.Limit))
                return true;

            _balancer.GiveBack(lease, Time.Now);
            avoided.Add(lease.Endpoint);
        }

        lease = default;
        return false;
    }

    private void End(in EndpointLease lease, AttemptEnd end)
    {
        if (_options.Hedging.Enabled && (end.IsGood || end.IsTimeout))
            _hedgeDelay.Record(Time.Now - lease.At);

        if (end.IsGood)
            _balancer.EndGood(lease, Time.Now);
        else
            _balancer.End(lease, end.Class, HealthEffect.Failure, Time.Now);
    }

    private TimeSpan? HedgeDelayOf() => _options.Hedging.Enabled ? _hedgeDelay.Next(_options.Hedging, Time.Now) : null;

    private async Task<(AttemptEnd End, BalancedEndpoint? Second)> SendHedgedAsync(
        EndpointLease firstLease, TimeSpan limit, TimeSpan delay, TriedEndpoints tried, TimeSpan dueAt)
    {
        Pending first = Send(firstLease, limit);
        await Either(first, Time.Delay(delay));
        tried.Add(firstLease.Endpoint);
        if (first.IsCompleted || dueAt - Time.Elapsed < _options.MinAttemptTime || !_budget.TryWithdraw(_options.Hedging.BudgetReserve))
            return (await first, null);

        if (!TryPick(PickPurpose.Hedge, 1, tried, out EndpointLease secondLease))
        {
            _budget.Refund();
            return (await first, null);
        }

        Pending second = Send(secondLease, Min(limit, dueAt - Time.Elapsed));
        await Either(first, second);
        (Pending early, Pending late, EndpointLease lateLease) = first.IsCompleted ? (first, second, secondLease) : (second, first, firstLease);
        AttemptEnd end = await early;
        if (!end.IsGood)
            return (await late is { IsGood: true } good ? good : end, secondLease.Endpoint);

        if (!late.IsCompleted)
        {
            // The server does not learn of it.
            _hedgeDelay.Record(Time.Now - lateLease.At);
            late.Complete(new AttemptEnd(AttemptClass.Cancelled));
        }

        return (end, secondLease.Endpoint);
    }

    private Pending Send(EndpointLease lease, TimeSpan limit)
    {
        Pending pending = World.Send(lease.Endpoint.Ordinal, limit);
        pending.OnCompleted(() =>
        {
            AttemptEnd end = pending.GetResult();
            if (end.Class == AttemptClass.Cancelled)
                _balancer.End(lease, end.Class, HealthEffect.Neutral, Time.Now);
            else
                End(lease, end);
        });
        return pending;
    }

    private static Pending Either(Pending one, Pending other)
    {
        if (one.IsCompleted || other.IsCompleted)
            return one.IsCompleted ? one : other;

        var either = new Pending();
        one.OnCompleted(() => either.Complete(default));
        other.OnCompleted(() => either.Complete(default));
        return either;
    }
}
