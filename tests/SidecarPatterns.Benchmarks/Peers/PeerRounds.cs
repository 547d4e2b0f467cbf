using System.Diagnostics;
using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Rounds of all contenders with one load, interleaved, as many messages each as take about as long.</summary>
internal static class PeerRounds
{
    private const int Rounds = 31;
    private const int FirstMessages = 256;
    private const int MaxMessages = 200_000;

    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(6);

    /// <summary>Until the JIT has been through each contender: at the first load, of which the others profit.</summary>
    public static readonly TimeSpan FirstWarmUp = TimeSpan.FromSeconds(1.5);

    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.2);

    public static void Write(TextWriter output, PeerLoad load, TimeSpan warmUp, Goals goals)
    {
        PeerContender[] contenders = [.. PeerContenders.All.Select(contender => contender.Create(load))];
        int[] messages = [.. contenders.Select(contender => FindMessages(contender, warmUp))];
        Sample[][] rounds = [.. Enumerable.Range(0, Rounds).Select(round => InterleavedRounds.TakeRound(contenders, messages, round))];
        WriteTable(output, load, [.. contenders.Select((_, i) => AddedResult.MedianOf([.. rounds.Select(round => round[i])]))]);
        goals.AtMost($"{load.Name}: of the bare channel's time", 1, AddedResult.MedianOf(rounds.Select(static round => round[PeerContenders.Ours].Nanoseconds / round[0].Nanoseconds)));
        foreach (PeerContender contender in contenders)
            contender.Dispose();
    }

    private static int FindMessages(PeerContender contender, TimeSpan warmUp)
    {
        int messages = FirstMessages;
        var quiet = new JitQuiet(warmUp / 2, warmUp);
        do
        {
            long start = Stopwatch.GetTimestamp();
            contender.RunAsync(messages).GetAwaiter().GetResult();
            messages = (int)Math.Clamp(messages * (RoundTime / Stopwatch.GetElapsedTime(start)), FirstMessages, MaxMessages);
        }
        while (!quiet.HasCome());

        return messages;
    }

    private static void WriteTable(TextWriter output, PeerLoad load, IReadOnlyList<Sample> medians)
    {
        output.WriteLine($"| {load.Name,-33} |       ns |   ratio |        B |   CPU ns |");
        output.WriteLine($"| {new string('-', 33)} | -------: | ------: | -------: | -------: |");
        for (int i = 0; i < medians.Count; i++)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {PeerContenders.All[i].Name,-33} | {medians[i].Nanoseconds,8:#,0.0} | {medians[i].Nanoseconds / medians[0].Nanoseconds,7:0.00} "
                    + $"| {medians[i].Bytes,8:#,0.0} | {medians[i].CpuNanoseconds,8:#,0.0} |"));
        }

        output.WriteLine();
    }
}
