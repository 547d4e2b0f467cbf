namespace SidecarPatterns.Benchmarks;

/// <summary>A sidecar proxy by linkerd's published rules: the better of two by peak EWMA, and retries at once as long as the budget lasts.</summary>
/// <remarks>
/// <para>
/// Retries add 20 % to the requests of the last 10 s, and 10 a second besides; their number is not bounded otherwise, but by a timeout of 10 s. There is no
/// back-off. The balancer goes by how long answers take, failures or not: an estimate that begins with 30 ms, a slower answer replaces, and decays within 10 s.
/// The breaker is off by default; on, an endpoint is left alone after 7 failures in a row, for 1 s and then twice as long each time up to 1 min, with a jitter
/// of 0.5, after which one request finds out. Without an endpoint, calls fail.
/// </para>
/// <para>
/// Source: linkerd.io/2/features/retries-and-timeouts, linkerd.io/2/features/load-balancing, linkerd.io/2/reference/circuit-breaking; the budget is
/// <c>RetryBudget</c> of Finagle (finagle.github.io/blog/2016/02/08/retry-budgets), which has the same defaults.
/// </para>
/// </remarks>
internal sealed class LinkerdProcess : CallerProcess
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly LinkerdEndpoint[] _endpoints;
    private readonly LinkerdBudget _budget;
    private readonly List<int> _ready = [];
    private readonly bool _hasBreaker;

    public LinkerdProcess(World world, bool hasBreaker)
        : base(world)
    {
        _endpoints = [.. Enumerable.Range(0, world.Servers.Length).Select(_ => new LinkerdEndpoint(world))];
        _budget = new LinkerdBudget(world.Time);
        _hasBreaker = hasBreaker;
    }

    public override async Task<bool> CallAsync()
    {
        TimeSpan dueAt = Time.Elapsed + Timeout;
        _budget.Deposit();
        while (true)
        {
            if (Pick() is not { } server)
                return false;

            LinkerdEndpoint endpoint = _endpoints[server];
            TimeSpan began = Time.Elapsed;
            endpoint.Enter();
            AttemptEnd end = await World.Send(server, dueAt - Time.Elapsed);
            endpoint.Leave(Time.Elapsed - began, end.IsGood, _hasBreaker);
            if (end.IsGood)
                return true;

            if (Time.Elapsed >= dueAt || !_budget.TryWithdraw())
                return false;
        }
    }

    private int? Pick()
    {
        _ready.Clear();
        for (int i = 0; i < World.Known; i++)
        {
            if (_endpoints[i].IsReady)
                _ready.Add(i);
        }

        if (_ready.Count < 2)
            return _ready.Count == 0 ? null : _ready[0];

        int first = Random.Next(_ready.Count);
        int second = Random.Next(_ready.Count - 1);
        second = second >= first ? second + 1 : second;
        return _endpoints[_ready[first]].Load() <= _endpoints[_ready[second]].Load() ? _ready[first] : _ready[second];
    }
}
