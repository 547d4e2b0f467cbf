namespace SidecarPatterns.Benchmarks;

/// <summary>Both sides of a row, measured one right after the other, so that they meet the same weather.</summary>
internal readonly record struct Round(Sample Ours, Sample Peer)
{
    public double Ratio => Ours.Nanoseconds / Peer.Nanoseconds;

    public static Round Take(IContender ours, IContender peer, int messages, bool oursFirst)
    {
        if (oursFirst)
        {
            var first = Sample.Take(ours, messages);
            return new(first, Sample.Take(peer, messages));
        }
        else
        {
            var first = Sample.Take(peer, messages);
            return new(Sample.Take(ours, messages), first);
        }
    }
}
