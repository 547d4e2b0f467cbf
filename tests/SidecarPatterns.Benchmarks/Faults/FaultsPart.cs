namespace SidecarPatterns.Benchmarks;

/// <summary>
/// Clients with their defaults over real sockets: where no answer is bad, one in a hundred, and three in ten; and where the server is down for a while.
/// </summary>
internal sealed class FaultsPart : Part
{
    /// <summary>How many of a hundred answers are bad, and how long each client calls: those who pause for seconds need more of them.</summary>
    private static readonly (int Percent, TimeSpan Time)[] Runs = [(0, TimeSpan.FromSeconds(2)), (1, TimeSpan.FromSeconds(3)), (30, TimeSpan.FromSeconds(6))];

    public override string Name => "faults";

    public override string Measured => "calls over the loopback, each client with its defaults; of the bad answers half are 503, a quarter resets, a quarter torn bodies";

    public override IReadOnlyList<string> MeasureBesideTable(Goals goals)
    {
        using var server = LoopbackServer.Start();
        foreach ((string name, Func<HttpMessageHandler, HttpClient> create) in FaultClients.All)
            new FaultRun(name, percent: 50).Run(create, server.Address, TimeSpan.FromSeconds(0.5)); // For the JIT.

        FaultRun.WriteHeader(Console.Out);
        foreach ((int percent, TimeSpan time) in Runs)
        {
            FaultRun[] runs = [.. FaultClients.All.Select(client => new FaultRun(client.Name, percent))];
            for (int i = 0; i < runs.Length; i++)
            {
                runs[i].Run(FaultClients.All[i].Create, server.Address, time);
                runs[i].Write(Console.Out);
            }

            Judge(percent, runs, goals);
        }

        Console.WriteLine();
        StormRun.RunAsync(server.Address, Console.Out, goals).GetAwaiter().GetResult();
        return
        [
            "Latencies are those of the good calls. Callers ask again at once, but for those that a client refused without asking the server: they wait for 10 ms.",
            "A call that takes longer than three times its client's turn is no call: pauses of seconds make the figures of those that take them better than they are.",
            "hedging gives up at the second bad answer; standard and polly pause for 2, 4 and 8 s; their breakers open at a tenth of failures, the ambassador's at half.",
            "So where three in ten are bad they refuse nearly all calls, and the ambassador serves most; where the server goes down they stop at once, and the ambassador once half of its last 30 s "
                + "are bad: then it lets no more through than its probes. Its breaks grow, theirs do not: calls are good again a little later.",
        ];
    }

    private static void Judge(int percent, FaultRun[] runs, Goals goals)
    {
        FaultRun ours = runs[FaultClients.Ours];
        if (percent == 0)
            goals.AtLeast("0 % bad: calls a second of the ambassador, beside the standard handler's", 1, ours.GoodPerSecond / runs[FaultClients.Ours + 1].GoodPerSecond);
        else
            goals.AtLeast($"{percent} % bad: % of the ambassador's calls that are good, beside a plain client's", runs[0].GoodPercent, ours.GoodPercent);
    }
}
