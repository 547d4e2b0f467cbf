namespace SidecarPatterns.Benchmarks;

/// <summary>A row about what is added to a plain client: by us and by the peer.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Calls">How many calls a round has.</param>
/// <param name="Plain">Prepares the client to which nothing is added.</param>
/// <param name="Ours">Prepares our side.</param>
/// <param name="Peer">Prepares the peer.</param>
internal sealed record AddedRow(string Name, int Calls, Func<IContender> Plain, Func<IContender> Ours, Func<IContender> Peer)
{
    public AddedResult Run(TimeSpan time)
    {
        using IContender plain = Plain();
        using IContender ours = Ours();
        using IContender peer = Peer();
        return new(Name, InterleavedRounds.Take([plain, ours, peer], Calls, time));
    }
}
