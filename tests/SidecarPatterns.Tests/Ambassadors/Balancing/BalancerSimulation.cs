namespace SidecarPatterns.Tests;

/// <summary>Requests that are balanced among simulated servers, on a clock of its own, event by event. Everything comes from the seed.</summary>
internal sealed class BalancerSimulation
{
    private readonly PriorityQueue<(EndpointLease Lease, SimulatedReply Reply), long> _underWay = new();
    private readonly Random _random;
    private readonly long _began;
    private Dictionary<string, SimulatedServer> _byKey = [];

    public BalancerSimulation(
        int seed, SimulatedServer[] servers, Action<AmbassadorBalancingOptions>? configure = null, Action<AmbassadorCircuitBreakerOptions>? breaker = null)
    {
        _random = new Random(seed);
        _began = Clock.Now;
        var (options, circuit) = (new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions());
        configure?.Invoke(options);
        breaker?.Invoke(circuit);
        Balancer = new Balancer(Clock, options, circuit, new Random(-seed));
        Replace(servers);
    }

    public ManualClock Clock { get; } = new();

    public Balancer Balancer { get; }

    public SimulatedServer[] Servers { get; private set; } = [];

    /// <summary>Since the beginning.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Clock.Now - _began);

    public int Refused { get; private set; }

    public List<TimeSpan> RefusedFor { get; } = [];

    public List<TimeSpan> Succeeded { get; } = [];

    /// <summary>Called after each event.</summary>
    public Action? OnEvent { get; set; }

    public int UnderWay => _underWay.Count;

    public static EndpointSpec Spec(SimulatedServer server, int i) => new(new EndpointAddress(new Uri($"http://10.0.{i / 250}.{(i % 250) + 1}/")), server.Weight, server.Priority);

    public BalancedEndpoint EndpointOf(int server) => Balancer.Set.All.Single(endpoint => endpoint.Address!.Key == Spec(Servers[server], server).Key);

    public CircuitState StateOf(int server) => EndpointOf(server).Health.Read().State;

    public void Replace(params SimulatedServer[] servers)
    {
        Servers = servers;
        var specs = servers.Select(static (server, i) => Spec(server, i)).ToList();
        _byKey = specs.Zip(servers).ToDictionary(static pair => pair.First.Key, static pair => pair.Second, StringComparer.Ordinal);
        Balancer.Replace(specs);
    }

    /// <summary>Sends requests at random times, so many a second on average, whatever becomes of them.</summary>
    public BalancerSimulation Run(double perSecond, double seconds)
    {
        var end = Clock.Now + TimeSpan.FromSeconds(seconds).Ticks;
        for (var next = Next(); next < end; next = Next())
        {
            PassTo(next);
            Send();
        }

        PassTo(end);
        return this;

        long Next() => Clock.Now + (long)(-Math.Log(1 - _random.NextDouble()) / perSecond * TimeSpan.TicksPerSecond);
    }

    /// <summary>Sends requests one after the other.</summary>
    public BalancerSimulation RunInTurn(int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            Send();
            Finish();
        }

        return this;
    }

    /// <summary>Waits for all that are under way.</summary>
    public void Finish()
    {
        while (_underWay.TryPeek(out _, out var at))
        {
            PassTo(at);
        }
    }

    private void Send()
    {
        if (!Balancer.TryPick(Clock.Now, PickPurpose.Attempt, default, null, out var lease, out var retryAfter))
        {
            Refused++;
            RefusedFor.Add(retryAfter ?? TimeSpan.MaxValue);
            OnEvent?.Invoke();
            return;
        }

        var server = _byKey[lease.Endpoint.Address!.Key];
        server.Requests.Add(Elapsed);
        var reply = server.Behaviour(Elapsed, _random);
        _underWay.Enqueue((lease, reply), Clock.Now + reply.Takes.Ticks);
        OnEvent?.Invoke();
    }

    private void PassTo(long time)
    {
        while (_underWay.TryPeek(out var next, out var at) && at <= time)
        {
            _underWay.Dequeue();
            Clock.Now = at;
            End(next.Lease, next.Reply);
            OnEvent?.Invoke();
        }

        Clock.Now = time;
    }

    private void End(EndpointLease lease, SimulatedReply reply)
    {
        if (reply.End == AttemptClass.Success)
        {
            Succeeded.Add(Elapsed);
            Balancer.EndGood(lease, Clock.Now);
            return;
        }

        var effect = reply.End is AttemptClass.Failed or AttemptClass.Unknown or AttemptClass.Unsent ? HealthEffect.Failure : HealthEffect.Neutral;
        Balancer.End(lease, reply.End, effect, Clock.Now, reply.RetryAfter);
    }
}
