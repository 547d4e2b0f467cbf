namespace SidecarPatterns.Benchmarks;

/// <summary>A way to make calls.</summary>
internal sealed record Contender(string Name, Func<World, CallerProcess> Create)
{
    public static Contender Ambassador { get; } = new("ambassador", static world => new AmbassadorProcess(world));

    public static IReadOnlyList<Contender> All { get; } =
    [
        new("plain retries", static world => new PlainProcess(world)),
        new("standard handler", static world => new StandardProcess(world)),
        new("Envoy's rules", static world => new EnvoyProcess(world)),
        new("linkerd's rules", static world => new LinkerdProcess(world, hasBreaker: false)),
        new("linkerd's, breaker on", static world => new LinkerdProcess(world, hasBreaker: true)),
        Ambassador,
        new("ambassador, hedging", static world => new AmbassadorProcess(world, static options => options.Hedging.Enabled = true)),
        new("ambassador, limit 4", static world => new AmbassadorProcess(world, static options => options.Concurrency.Limit = 4)),

        // What a stage keeps from servers is what comes to them without it.
        new("ambassador, no budget", static world => new AmbassadorProcess(world, static options => options.RetryBudget.Capacity = int.MaxValue)),
        new("ambassador, no circuits", static world => new AmbassadorProcess(world, static options =>
            (options.CircuitBreaker.MinimumAttempts, options.CircuitBreaker.FailuresInARow) = (int.MaxValue, int.MaxValue))),
        new("ambassador, no retries", static world => new AmbassadorProcess(world, static options => options.Retry.MaxAttempts = 1)),
    ];

    public Ledger Run(Scenario scenario, int seed)
    {
        var world = new World(seed, scenario.Seconds, scenario.Known, scenario.CallsPerSecond);
        CallerProcess[] processes = [.. Enumerable.Range(0, World.Processes).Select(_ => Create(world))];
        world.OnKnown = () =>
        {
            foreach (AmbassadorProcess process in processes.OfType<AmbassadorProcess>())
                process.FindServers();
        };
        scenario.Happen(world);
        world.Run(processes, 0, scenario.Seconds);
        return world.Ledger;
    }
}
