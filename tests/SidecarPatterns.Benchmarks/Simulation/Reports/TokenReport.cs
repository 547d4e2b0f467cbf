namespace SidecarPatterns.Benchmarks;

/// <summary>What a token endpoint that is down for a minute sees, and what callers do.</summary>
internal static class TokenReport
{
    private const double GoodShare = 0.99;

    private static readonly int Warm = (int)TokenProcess.Lifetime.TotalSeconds; // By then tokens are of all ages.
    private static readonly Span Ill = new(Warm + 20, Warm + 80);
    private static readonly int Seconds = Ill.To + 60;

    private static readonly IReadOnlyList<Figure> Figures =
    [
        new("requests/process, ill", "0.0", 0.5),
        new("peak requests/s", "N0", 2),
        new("% failed, ill", "0.00", 0.1),
        new("% failed, after", "0.00", 0.1),
        new("good again, s", "0", 1),
    ];

    private static readonly IReadOnlyList<(string Name, Func<World, TokenProcess> Create)> Contenders =
    [
        ("plain retries", static world => new PlainTokenProcess(world, isStandard: false)),
        ("standard handler", static world => new PlainTokenProcess(world, isStandard: true)),
        ("Envoy's rules", static world => new EnvoyTokenProcess(world)),
        (Contender.Ambassador.Name, static world => new AmbassadorTokenProcess(world)),
    ];

    public static void Write(int seed, TextWriter output)
    {
        var table = new FigureTable(Figures);
        foreach ((string name, Func<World, TokenProcess> create) in Contenders)
            table.Add(name, FiguresOf(Run(create, seed)));

        output.WriteLine(FormattableString.Invariant($"### token outage: the token endpoint answers 503 at once for {Ill.Length} s; tokens hold for {TokenProcess.Lifetime.TotalMinutes:0} min"));
        output.WriteLine();
        table.Write(output);
        output.WriteLine();
        foreach (string line in table.Conclude(Contender.Ambassador.Name))
            output.WriteLine($"- {line}");

        output.WriteLine();
    }

    private static Ledger Run(Func<World, TokenProcess> create, int seed)
    {
        var world = new World(seed, Seconds);
        TokenProcess[] processes = [.. Enumerable.Range(0, World.Processes).Select(_ => create(world))];
        foreach (TokenProcess process in processes)
            world.Time.At(TokenProcess.Lifetime * world.Random.NextDouble(), () => process.Start(TimeSpan.FromSeconds(Seconds)));

        world.Time.At(TimeSpan.FromSeconds(Ill.From), () => world.Servers[0].Become(ServerState.Down));
        world.Time.At(TimeSpan.FromSeconds(Ill.To), () => world.Servers[0].Become(ServerState.Good));
        world.Run(processes, Warm, Seconds);
        foreach (IDisposable process in processes.OfType<IDisposable>())
            process.Dispose();

        return world.Ledger;
    }

    private static double[] FiguresOf(Ledger ledger)
    {
        Span after = new(Ill.To, Seconds);
        return
        [
            ledger.Requests(Ill) / (double)World.Processes,
            ledger.Peak(new Span(Ill.From, Seconds)),
            100 * ledger.FailedShare(Ill),
            100 * ledger.FailedShare(after),
            ledger.RecoveredAfter(after, GoodShare) ?? Figure.Never,
        ];
    }
}
