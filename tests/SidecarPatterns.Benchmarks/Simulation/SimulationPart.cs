using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>What load each way to make calls keeps from the servers, and what callers get: a simulation on virtual time, the same each time.</summary>
internal sealed class SimulationPart : Part
{
    private const int Seed = 1;

    public override string Name => "simulation";

    public override string Measured => string.Create(CultureInfo.InvariantCulture,
        $"{World.Processes} processes of {World.CallersPerProcess} callers, {World.CallsPerSecond:N0} calls a second to {World.Endpoints} endpoints of {SimulatedServer.Capacity:0} requests a second, seed {Seed}");

    public override IReadOnlyList<string> MeasureBesideTable(Goals goals)
    {
        foreach (Scenario scenario in Scenario.All)
            ScenarioReport.Write(scenario, Seed, Console.Out, goals);

        TokenReport.Write(Seed, Console.Out);
        return
        [
            "requests/call: while servers are ill (slow start: while the new one is cold); peak: from then on; % to the ill: of the requests meanwhile.",
            "good again: until 99 % of the calls are for good, from the beginning where only some servers fail, else from the end; fast again: until half of them take 100 ms at most.",
            "back: until those that were ill have 80 % of their share again. most/mean: the busiest endpoint in the last 15 s.",
        ];
    }
}
