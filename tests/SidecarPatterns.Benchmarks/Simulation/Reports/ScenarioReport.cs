namespace SidecarPatterns.Benchmarks;

/// <summary>What the servers of a scenario, and its callers, see of each contender.</summary>
internal static class ScenarioReport
{
    private const double GoodShare = 0.99;

    private static readonly IReadOnlyList<Figure> Figures =
    [
        new("requests/call", "0.00", 0.02),
        new("peak requests/s", "N0", 60), // Calls come at random: their own peak wanders by three standard deviations of 30.
        new("% to the ill", "0.0", 0.5),
        new("% failed, ill", "0.00", 0.1),
        new("% failed, after", "0.00", 0.1),
        new("p99 ms, ill", "N0", 10),
        new("p99 ms, after", "N0", 10),
        new("good again, s", "0", 1),
        new("most/mean, after", "0.00", 0.05),
    ];

    public static void Write(Scenario scenario, int seed, TextWriter output)
    {
        var table = new FigureTable(Figures);
        foreach (Contender contender in Contender.All)
            table.Add(contender.Name, FiguresOf(scenario, contender.Run(scenario, seed)));

        output.WriteLine($"### {scenario.Name}: {scenario.What}");
        output.WriteLine();
        table.Write(output);
        output.WriteLine();
        foreach (string line in table.Conclude(Contender.Ambassador.Name))
            output.WriteLine($"- {line}");

        output.WriteLine();
    }

    private static double[] FiguresOf(Scenario scenario, Ledger ledger)
    {
        (Span ill, Span after) = (scenario.Ill, scenario.After);
        double requests = ledger.Requests(ill);
        double[] shares = [.. Enumerable.Range(0, World.Endpoints).Select(server => (double)ledger.Requests(after, server))];
        return
        [
            requests / ledger.Calls(ill),
            ledger.Peak(new Span(ill.From, scenario.Seconds)),
            scenario.IllServers.Count == World.Endpoints ? double.NaN : 100 * scenario.IllServers.Sum(server => (double)ledger.Requests(ill, server)) / requests,
            100 * ledger.FailedShare(ill),
            100 * ledger.FailedShare(after),
            ledger.Latency(ill, 0.99) ?? double.NaN,
            ledger.Latency(after, 0.99) ?? double.NaN,
            ledger.RecoveredAfter(scenario.Watched, GoodShare) ?? Figure.Never,
            shares.Max() / shares.Average(),
        ];
    }
}
