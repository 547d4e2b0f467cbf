using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>Any number of contenders, warmed up together, then measured in turn, another first in each round.</summary>
internal static class InterleavedRounds
{
    private const int MinRounds = 31;
    private const int MaxRounds = 201;

    /// <summary>How much of the time a warm-up may take where the JIT does not come to rest.</summary>
    private const double MaxWarmUpShare = 0.5;

    /// <summary>Warm-up rounds are this much shorter, for it is the number of calls that makes the JIT go on.</summary>
    private const int WarmUpDivisor = 4;

    private static readonly TimeSpan MinWarmUp = TimeSpan.FromSeconds(1);

    /// <returns>For each round the samples, in the order of the contenders.</returns>
    public static IReadOnlyList<Sample[]> Take(IContender[] contenders, int messages, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var quiet = new JitQuiet(MinWarmUp, time * MaxWarmUpShare);
        do
        {
            foreach (IContender contender in contenders)
                contender.RunAsync(messages / WarmUpDivisor).GetAwaiter().GetResult();
        }
        while (!quiet.HasCome());

        int[] each = [.. contenders.Select(_ => messages)];
        List<Sample[]> rounds = [];
        while (rounds.Count < MinRounds || (rounds.Count < MaxRounds && clock.Elapsed < time))
            rounds.Add(TakeRound(contenders, each, turn: rounds.Count));

        return rounds;
    }

    /// <summary>One round.</summary>
    /// <param name="contenders">Who takes part.</param>
    /// <param name="messages">How many messages each is given.</param>
    /// <param name="turn">Which round it is: another one begins in each.</param>
    public static Sample[] TakeRound(IContender[] contenders, int[] messages, int turn)
    {
        var samples = new Sample[contenders.Length];
        for (int i = 0; i < contenders.Length; i++)
        {
            int next = (i + turn) % contenders.Length;
            samples[next] = Sample.Take(contenders[next], messages[next]);
        }

        return samples;
    }
}
