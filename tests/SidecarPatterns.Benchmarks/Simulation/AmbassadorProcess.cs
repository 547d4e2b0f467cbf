using System.Threading.RateLimiting;

namespace SidecarPatterns.Benchmarks;

/// <summary>An ambassador, made of the library's own blocks in the order of its pipeline, to which a test holds it: only the waiting is its own.</summary>
internal sealed partial class AmbassadorProcess : CallerProcess
{
    private readonly AmbassadorOptions _options = new();
    private long _calls;

    /// <param name="world">Its world.</param>
    /// <param name="configure">Changes its options, which are the defaults.</param>
    public AmbassadorProcess(IWorld world, Action<AmbassadorOptions>? configure = null)
        : base(world)
    {
        configure?.Invoke(_options);
        Balancer = new Balancer(world.Time, _options.Balancing, _options.CircuitBreaker, world.Random);
        Budget = new RetryBudget(world.Time, _options.RetryBudget);
        Budget.Join(() => _calls);
        HedgeDelay = new HedgeDelay(world.Time);
        FindServers();
    }

    public Balancer Balancer { get; }

    public RetryBudget Budget { get; }

    public HedgeDelay HedgeDelay { get; }

    /// <summary>The address of a server.</summary>
    public static Uri AddressOf(int server) => new($"http://10.0.0.{server + 1}/");

    /// <summary>Takes the servers that there are. The number of an endpoint is that of its server, since none ever leaves.</summary>
    public void FindServers() =>
        Balancer.Replace(Enumerable.Range(0, World.Known).Select(static server => new EndpointSpec(new EndpointAddress(AddressOf(server)))));

    public override async Task<bool> CallAsync()
    {
        TimeSpan dueAt = Time.Elapsed + _options.Timeout;
        TriedEndpoints tried = default;
        if (!TryAdmit(attempt: 1, tried, out Admission admission))
            return false;

        bool isRefundable = false;
        for (int attempt = 1; ; attempt++)
        {
            AttemptEnd end;
            if (HedgeDelayOf(admission) is { } hedgeDelay)
            {
                (end, tried) = await SendHedgedAsync(admission, attempt, dueAt, hedgeDelay, tried);
            }
            else
            {
                end = await Send(admission, LimitOf(attempt, dueAt), isFirst: attempt == 1);
                tried.Add(admission.Endpoint);
            }

            if (end.IsGood)
            {
                if (isRefundable)
                    Budget.Refund();

                return true;
            }

            if (FindDelay(attempt, dueAt, end, tried) is not { } delay)
                return false;

            if (delay > TimeSpan.Zero)
                await World.Delay(delay);

            if (!HasTime(dueAt) || !TryAdmit(attempt + 1, tried, out admission))
            {
                Budget.Refund();
                return false;
            }

            isRefundable = !end.IsTimeout;
        }
    }

    /// <summary>How long to wait before another attempt; nothing if there is none.</summary>
    private TimeSpan? FindDelay(int attempt, TimeSpan dueAt, AttemptEnd end, in TriedEndpoints tried)
    {
        bool isTotalTimeout = end is { Class: AttemptClass.Unknown, IsTimeout: true } && Time.Elapsed >= dueAt;
        if (!AttemptClassifier.IsTransient(end.Class) || isTotalTimeout)
            return null;

        bool isElsewhere = end.Class == AttemptClass.Unsent && attempt == 1 && Balancer.HasUntried(tried);
        TimeSpan first = end.Class == AttemptClass.Throttled ? _options.Retry.ThrottledDelay : _options.Retry.Delay;
        TimeSpan delay = isElsewhere
            ? TimeSpan.Zero
            : RetryDelay.Next(first, _options.Retry.MaxDelay, attempt - 1, end.RetryAfter, _options.Retry, Random);
        return attempt < _options.Retry.MaxAttempts
            && !(end.RetryAfter > _options.Retry.MaxRetryAfter)
            && delay <= dueAt - Time.Elapsed - _options.MinAttemptTime
            && Balancer.CanAdmit(delay)
            && Budget.TryWithdraw()
            ? delay
            : null;
    }

    private bool HasTime(TimeSpan dueAt) => dueAt - Time.Elapsed >= _options.MinAttemptTime;

    private bool CanFollow(int attempt) => attempt < _options.Retry.MaxAttempts && !Budget.IsClosed;

    private TimeSpan LimitOf(int attempt, TimeSpan dueAt) => CanFollow(attempt) ? Min(_options.AttemptTimeout, dueAt - Time.Elapsed) : dueAt - Time.Elapsed;

    private TimeSpan? ProbeTimeoutOf(int attempt) => CanFollow(attempt) ? _options.AttemptTimeout : null;

    private Pending Send(Admission admission, TimeSpan limit, bool isFirst)
    {
        Pending pending = World.Send(admission.Endpoint.Ordinal, limit);
        pending.OnCompleted(() => End(admission, pending.GetResult(), isFirst));
        return pending;
    }

    private void End(in Admission admission, AttemptEnd end, bool isFirst)
    {
        _calls += isFirst ? 1 : 0;
        if (_options.Hedging.Enabled && (end.IsGood || end.IsTimeout || end.Class == AttemptClass.Cancelled))
            HedgeDelay.Record(Time.Now - admission.Lease.At); // It took that long at least.

        Balancer.End(admission.Lease, end.Class, end.Effect, Time.Now, end.RetryAfter, end.IsUnavailable ? end.RetryAfter : null);
        admission.Place?.Dispose();
    }

    /// <summary>The leave to send one request to an endpoint, and its place among those under way there.</summary>
    private readonly record struct Admission(EndpointLease Lease, RateLimitLease? Place)
    {
        public BalancedEndpoint Endpoint => Lease.Endpoint;
    }
}
