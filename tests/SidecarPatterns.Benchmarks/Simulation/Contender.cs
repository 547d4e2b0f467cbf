namespace SidecarPatterns.Benchmarks;

/// <summary>A way to make calls.</summary>
internal sealed record Contender(string Name, Func<World, CallerProcess> Create)
{
    public static Contender Ambassador { get; } = new("ambassador", static world => new AmbassadorProcess(world, hedges: false));

    public static IReadOnlyList<Contender> All { get; } =
    [
        new("plain retries", static world => new PlainProcess(world)),
        new("standard handler", static world => new StandardProcess(world)),
        new("Envoy's rules", static world => new EnvoyProcess(world)),
        new("linkerd's rules", static world => new LinkerdProcess(world, hasBreaker: false)),
        new("linkerd's, breaker on", static world => new LinkerdProcess(world, hasBreaker: true)),
        Ambassador,
        new("ambassador, hedging", static world => new AmbassadorProcess(world, hedges: true)),
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
