using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>A row about what is added to a plain client: by us and by the peer, the three measured in turn.</summary>
internal sealed record AddedRow(string Name, Func<IContender> Plain, Func<IContender> Ours, Func<IContender> Peer)
{
    private const int MinRounds = 31;
    private const int MaxRounds = 201;
    private const double WarmUpShare = 0.4;

    public AddedResult Run(int calls, TimeSpan time)
    {
        using IContender plain = Plain();
        using IContender ours = Ours();
        using IContender peer = Peer();
        IContender[] contenders = [plain, ours, peer];

        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time * WarmUpShare)
        {
            foreach (IContender contender in contenders)
                contender.RunAsync(calls).GetAwaiter().GetResult();
        }

        List<Sample[]> rounds = [];
        while (rounds.Count < MinRounds || (rounds.Count < MaxRounds && clock.Elapsed < time))
            rounds.Add(Round(contenders, calls, turn: rounds.Count));

        return new(Name, rounds);
    }

    /// <summary>The median of rounds of one contender by itself.</summary>
    public static Sample MedianOf(IContender contender, int calls, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time * WarmUpShare)
            contender.RunAsync(calls).GetAwaiter().GetResult();

        List<Sample> samples = [];
        while (samples.Count < MinRounds && (samples.Count < 5 || clock.Elapsed < time))
            samples.Add(Sample.Take(contender, calls));

        return AddedResult.MedianOf(samples);
    }

    /// <summary>Each contender once, another first in each round.</summary>
    private static Sample[] Round(IContender[] contenders, int calls, int turn)
    {
        var samples = new Sample[contenders.Length];
        for (int i = 0; i < contenders.Length; i++)
        {
            int next = (i + turn) % contenders.Length;
            samples[next] = Sample.Take(contenders[next], calls);
        }

        return samples;
    }
}
