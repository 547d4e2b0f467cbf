using System.Threading.Tasks.Dataflow;

namespace SidecarPatterns.Benchmarks;

/// <summary>All contenders, the one that the others are compared with first.</summary>
internal static class PeerContenders
{
    /// <summary>Which one is ours.</summary>
    public const int Ours = 1;

    public static IReadOnlyList<(string Name, Func<PeerLoad, PeerContender> Create)> All { get; } =
    [
        ("bounded channel by hand", static load => new ChannelPeer(load)),
        ("sidecar", static load => new SidecarPeer(load)),
        ("ActionBlock, bounded", static load => new DataflowPeer(load, PeerContender.Capacity)),
        ("ActionBlock", static load => new DataflowPeer(load, DataflowBlockOptions.Unbounded)),
        ("Akka.NET", static load => new AkkaPeer(load)),
        ("Proto.Actor", static load => new ProtoPeer(load)),
        ("Wolverine, local queue", static load => new WolverinePeer(load)),
        ("Coravel", static load => new CoravelPeer(load)),
        ("MassTransit, in memory", static load => new MassTransitPeer(load)),
    ];
}
