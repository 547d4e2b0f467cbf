namespace SidecarPatterns.Benchmarks;

/// <summary>What the servers of a scenario, and its callers, see of each contender.</summary>
internal static class ScenarioReport
{
    private const double GoodShare = 0.99;
    private const double FastMilliseconds = 100;
    private const double BackShare = 0.8;
    private const int EndSeconds = 15;

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
        new("fast again, s", "0", 1),
        new("back, s", "0", 1),
        new("most/mean, end", "0.00", 0.05),
    ];

    /// <summary>The budget: a tenth more, beside its burst and one a second.</summary>
    private const double GoalRequests = 1.2;

    /// <summary>Of the calls while there is a server that is well.</summary>
    private const double GoalFailedPercent = 1;

    public static void Write(Scenario scenario, int seed, TextWriter output, Goals goals)
    {
        var table = new FigureTable(Figures);
        foreach (Contender contender in Contender.All)
        {
            double[] figures = FiguresOf(scenario, contender.Run(scenario, seed));
            table.Add(contender.Name, figures);
            if (contender == Contender.Ambassador)
                Judge(scenario, figures, goals);
        }

        output.WriteLine($"### {scenario.Name}: {scenario.What}");
        output.WriteLine();
        table.Write(output);
        output.WriteLine();
        foreach (string line in table.Conclude(Contender.Ambassador.Name))
            output.WriteLine($"- {line}");

        output.WriteLine();
    }

    private static void Judge(Scenario scenario, double[] figures, Goals goals)
    {
        goals.AtMost($"{scenario.Name}: requests per call of the ambassador meanwhile", GoalRequests, figures[0]);
        if (scenario.IllServers.Count < World.Endpoints)
            goals.AtMost($"{scenario.Name}: % of its calls that fail meanwhile", GoalFailedPercent, figures[3]);
    }

    private static double[] FiguresOf(Scenario scenario, Ledger ledger)
    {
        (Span ill, Span after, Span end) = (scenario.Ill, scenario.After, new Span(scenario.Seconds - EndSeconds, scenario.Seconds));
        bool areAllIll = scenario.IllServers.Count == World.Endpoints;
        double requests = ledger.Requests(ill);
        double[] shares = [.. Enumerable.Range(0, World.Endpoints).Select(server => (double)ledger.Requests(end, server))];
        return
        [
            requests / ledger.Calls(ill),
            ledger.Peak(new Span(ill.From, scenario.Seconds)),
            areAllIll ? double.NaN : 100 * scenario.IllServers.Sum(server => (double)ledger.Requests(ill, server)) / requests,
            100 * ledger.FailedShare(ill),
            100 * ledger.FailedShare(after),
            ledger.Latency(ill, 0.99) ?? double.NaN,
            ledger.Latency(after, 0.99) ?? double.NaN,
            ledger.RecoveredAfter(scenario.Watched, GoodShare) ?? Figure.Never,
            ledger.FastAfter(scenario.Watched, FastMilliseconds) ?? Figure.Never,
            areAllIll ? double.NaN : ledger.BackAfter(after, scenario.IllServers, BackShare) ?? Figure.Never,
            shares.Max() / shares.Average(),
        ];
    }
}
