using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>What sidecars that work all the time cost a busy application, with and without the governor.</summary>
internal sealed class GovernorPart : Part
{
    private const int Rounds = 2;

    /// <summary>A sidecar that keeps <see cref="SidecarGovernorOptions.MinShare"/>, a twentieth, takes a fortieth of two cores; to change over costs some as well.</summary>
    private const double GoalShare = 0.9;

    public override string Name => "governor";

    public override string Measured => string.Create(CultureInfo.InvariantCulture, $"means of {Rounds} rounds of three seconds");

    public override IReadOnlyList<string> MeasureBesideTable(Goals goals)
    {
        List<BusyApplication.Throughput> alone = [], ungoverned = [], governed = [];
        for (int round = 0; round < Rounds; round++)
        {
            alone.Add(BusyApplication.Run(hasSidecars: false, isGoverned: false));
            ungoverned.Add(BusyApplication.Run(hasSidecars: true, isGoverned: false));
            governed.Add(BusyApplication.Run(hasSidecars: true, isGoverned: true));
        }

        double full = Mean(alone).Application;
        goals.AtLeast("of what the application does alone, under the governor", GoalShare, Mean(governed).Application / full);
        return [Describe("alone", Mean(alone), full), Describe("with sidecars", Mean(ungoverned), full), Describe("with sidecars and governor", Mean(governed), full)];
    }

    private static BusyApplication.Throughput Mean(List<BusyApplication.Throughput> rounds) =>
        new(rounds.Average(static round => round.Application), rounds.Average(static round => round.Sidecars));

    private static string Describe(string what, BusyApplication.Throughput measured, double full) => FormattableString.Invariant(
        $"busy application {what}: {measured.Application:N0} operations/s ({measured.Application / full:P0} of what it does alone), sidecars {measured.Sidecars:N0} messages/s");
}
