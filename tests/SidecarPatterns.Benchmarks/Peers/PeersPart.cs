namespace SidecarPatterns.Benchmarks;

/// <summary>The same messages by us and by all peers.</summary>
internal sealed class PeersPart : Part
{
    public override string Name => "peers";

    public override IReadOnlyList<Row> Rows => [];

    public override IReadOnlyList<string> MeasureBesideTable()
    {
        foreach (PeerLoad load in PeerLoad.All)
            PeerRounds.Write(Console.Out, load, load == PeerLoad.All[0] ? PeerRounds.FirstWarmUp : PeerRounds.WarmUp);

        PeerStop.Write(Console.Out);

        return [];
    }
}
