namespace SidecarPatterns.Benchmarks;

/// <summary>Clients with their defaults over real sockets, where no answer is bad, one in a hundred, three in ten, and all.</summary>
internal sealed class FaultsPart : Part
{
    private static readonly int[] Percents = [0, 1, 30, 100];

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    public override string Name => "faults";

    public override string Measured => "calls of 16 callers over the loopback, each client for two seconds; of the bad answers half are 503, a quarter resets, a quarter torn bodies";

    public override IReadOnlyList<Row> Rows => [];

    public override IReadOnlyList<string> MeasureBesideTable()
    {
        using var server = LoopbackServer.Start();
        foreach ((string name, Func<HttpMessageHandler, HttpClient> create) in FaultClients.All)
            _ = new FaultRun().Run(name, create, server.Address, percent: 50, TimeSpan.FromSeconds(0.5)); // For the JIT.

        FaultRun.WriteHeader(Console.Out);
        foreach (int percent in Percents)
        {
            foreach ((string name, Func<HttpMessageHandler, HttpClient> create) in FaultClients.All)
                Console.WriteLine(new FaultRun().Run(name, create, server.Address, percent, Time));
        }

        return ["Latencies are those of the good calls. 100 %: what a server gets that is down."];
    }
}
