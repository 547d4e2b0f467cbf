namespace SidecarPatterns.Benchmarks;

/// <summary>What happens to the servers of a run.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="What">What happens, in a sentence.</param>
/// <param name="Ill">When servers are ill.</param>
/// <param name="Watched">When one looks whether calls are good again.</param>
/// <param name="Seconds">How long all of it is.</param>
/// <param name="IllServers">Which servers.</param>
/// <param name="Happen">Has it happen.</param>
/// <param name="Known">How many servers clients know at first.</param>
/// <param name="CallsPerSecond">The load.</param>
internal sealed record Scenario(
    string Name,
    string What,
    Span Ill,
    Span Watched,
    int Seconds,
    IReadOnlyList<int> IllServers,
    Action<World> Happen,
    int Known = World.Endpoints,
    int CallsPerSecond = World.CallsPerSecond)
{
    private const int Begin = 20;

    /// <summary>With 60 % of what servers can do, a full queue is drained, if slowly: they then do 10 % more than that.</summary>
    private const int StormLoad = World.CallsPerSecond * 3 / 2;

    public static IReadOnlyList<Scenario> All { get; } =
    [
        Of("one fails", "1 of 20 endpoints answers 500 at once for 40 s", ServerState.Down, Servers(1), seconds: 40, untilGood: false),
        Of("half fail", "10 of 20 endpoints answer 500 at once for 40 s; what is left has 1.25 times the load's capacity", ServerState.Down, Servers(10), seconds: 40, untilGood: false),
        Of("all fail", "all endpoints answer 500 at once for 30 s", ServerState.Down, Servers(World.Endpoints), seconds: 30, untilGood: true),
        Of("all fail for long", "the same for 90 s", ServerState.Down, Servers(World.Endpoints), seconds: 90, untilGood: true),
        Of("retry storm", "what all endpoints depend on hangs for 10 s: their queues fill, and all fails; 1,500 calls a second", ServerState.Stuck, Servers(World.Endpoints), seconds: 10, untilGood: true)
            with { CallsPerSecond = StormLoad },
        SlowStart(),
    ];

    /// <summary>When servers are well again.</summary>
    public Span After => new(Ill.To, Seconds);

    private static int[] Servers(int count) => [.. Enumerable.Range(0, count)];

    private static Scenario Of(string name, string what, ServerState state, int[] servers, int seconds, bool untilGood)
    {
        Span ill = new(Begin, Begin + seconds);
        Span watched = untilGood ? new Span(ill.To, ill.To + 50) : ill;
        return new Scenario(name, what, ill, watched, Seconds: ill.To + 50, servers, world =>
        {
            world.Time.At(TimeSpan.FromSeconds(ill.From), () => Become(state));
            world.Time.At(TimeSpan.FromSeconds(ill.To), () => Become(ServerState.Good));

            void Become(ServerState next)
            {
                foreach (int server in servers)
                    world.Servers[server].Become(next);
            }
        });
    }

    private static Scenario SlowStart()
    {
        Span ill = new(Begin, Begin + (int)SimulatedServer.WarmUp.TotalSeconds);
        return new Scenario(
            "slow start", "a 20th endpoint comes, which takes five times as long at first and is warm after 10 s", ill, Watched: ill, Seconds: ill.To + 30,
            [World.Endpoints - 1], static world => world.Time.At(TimeSpan.FromSeconds(Begin), world.AddServer), Known: World.Endpoints - 1);
    }
}
