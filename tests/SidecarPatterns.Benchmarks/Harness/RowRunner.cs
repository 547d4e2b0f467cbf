using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>Measures a row: both sides prepared once, warmed up, then run in turn for many short rounds.</summary>
/// <remarks>Absolute times wander from run to run, and even from second to second; the ratio of two neighbouring rounds holds.</remarks>
internal static class RowRunner
{
    private const int MinRounds = 31;
    private const int MaxRounds = 101;

    /// <summary>Warm-up rounds are this much shorter, for it is the number of calls that makes the JIT go on.</summary>
    private const int WarmUpDivisor = 4;

    private static readonly TimeSpan MinWarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxWarmUp = TimeSpan.FromSeconds(2.5);

    public static RowResult Run(Row row, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        using IContender ours = row.Ours();
        using IContender peer = row.Peer();

        Pace pace = WarmUp(ours, peer, row.Messages / WarmUpDivisor);
        int messages = pace.Fit(row.Messages, MinRounds, time - clock.Elapsed);

        List<Round> rounds = [];
        while (rounds.Count < MinRounds || (rounds.Count < MaxRounds && clock.Elapsed < time))
            rounds.Add(Round.Take(ours, peer, messages, oursFirst: rounds.Count % 2 == 0));

        return new(row.Name, rounds, [.. NotesOf("ours", ours), .. NotesOf("peer", peer)]);

        IEnumerable<string> NotesOf(string side, IContender contender) =>
            contender.Note is { } note ? [$"{row.Name}: {side} {note}"] : [];
    }

    /// <summary>Runs both sides until nothing has been compiled for a while.</summary>
    /// <returns>The pace that they reached.</returns>
    private static Pace WarmUp(IContender ours, IContender peer, int messages)
    {
        var quiet = new JitQuiet(MinWarmUp, MaxWarmUp);
        Pace pace = Pace.Slowest;
        bool oursFirst = true;

        do
        {
            pace = pace.Fastest(Pace.Measure(ours, peer, messages, oursFirst));
            oursFirst = !oursFirst;
        }
        while (!quiet.HasCome());

        return pace;
    }
}
