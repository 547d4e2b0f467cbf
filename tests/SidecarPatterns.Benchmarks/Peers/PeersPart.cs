namespace SidecarPatterns.Benchmarks;

/// <summary>The same messages by us and by all peers.</summary>
internal sealed class PeersPart : Part
{
    public override string Name => "peers";

    public override string Measured => "medians of interleaved rounds, per message; then what each guarantees, as runs show it";

    public override IReadOnlyList<string> MeasureBesideTable(Goals goals)
    {
        foreach (PeerLoad load in PeerLoad.All)
            PeerRounds.Write(Console.Out, load, load == PeerLoad.All[0] ? PeerRounds.FirstWarmUp : PeerRounds.WarmUp, goals);

        PeerFull[] full = PeerFull.Write(Console.Out);
        PeerStop[] stops = PeerStop.Write(Console.Out);
        PeerGuarantees.Write(Console.Out, full, stops, goals);
        return [];
    }
}
