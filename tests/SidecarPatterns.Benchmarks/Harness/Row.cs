namespace SidecarPatterns.Benchmarks;

/// <summary>A row of a part's table: the same work, done by us and by a peer.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Messages">How many messages a round has at most; it has fewer where the time would not do for all rounds.</param>
/// <param name="Ours">Prepares our side.</param>
/// <param name="Peer">Prepares the peer.</param>
internal sealed record Row(string Name, int Messages, Func<IContender> Ours, Func<IContender> Peer);
