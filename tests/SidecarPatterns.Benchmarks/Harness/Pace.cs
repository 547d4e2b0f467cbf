using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>How long a round takes: by itself, for collecting and calming down, and for each message on both sides together.</summary>
internal readonly record struct Pace(double FixedNanoseconds, double MessageNanoseconds)
{
    /// <summary>With fewer messages than this part of a row's own number, starting them would be what is measured.</summary>
    private const double MinShare = 0.1;

    public static Pace Slowest { get; } = new(double.MaxValue, double.MaxValue);

    public static Pace Measure(IContender ours, IContender peer, int messages, bool oursFirst)
    {
        long start = Stopwatch.GetTimestamp();
        var round = Round.Take(ours, peer, messages, oursFirst);
        double taken = Stopwatch.GetElapsedTime(start).TotalNanoseconds;

        double perMessage = round.Ours.Nanoseconds + round.Peer.Nanoseconds;
        return new(taken - (perMessage * messages), perMessage);
    }

    public Pace Fastest(Pace other) =>
        new(Math.Min(FixedNanoseconds, other.FixedNanoseconds), Math.Min(MessageNanoseconds, other.MessageNanoseconds));

    /// <summary>How many messages a round can have, at most as many as the row asks for, so that all rounds fit into the time.</summary>
    public int Fit(int messages, int rounds, TimeSpan time)
    {
        double share = ((time.TotalNanoseconds / rounds) - FixedNanoseconds) / (MessageNanoseconds * messages);
        return (int)(messages * Math.Clamp(share, MinShare, 1));
    }
}
