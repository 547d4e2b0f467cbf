namespace SidecarPatterns.Benchmarks;

/// <summary>What <see cref="WolverinePeer"/> finds by the names of the class and its method; public, for the code that it generates.</summary>
public sealed class PeerJobHandler
{
    public static void Handle(PeerJob job) => PeerTally.Handle(job);
}
