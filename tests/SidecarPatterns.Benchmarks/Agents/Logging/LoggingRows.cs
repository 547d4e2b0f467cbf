namespace SidecarPatterns.Benchmarks;

/// <summary>What a log call costs its caller, and how fast lines get to the file: the log agent beside other ways to log to a file in the background.</summary>
/// <remarks>
/// A generated log method with two parameters, by one thread. The peers are set up as their documentation says; what they drop when they can not follow is seen
/// in the lines that arrived. So set up they write the text and little else, a third of the log agent's bytes or less: so they are measured once more with the
/// fields that it writes.
/// </remarks>
internal static class LoggingRows
{
    private const int Agents = 2; // So many of the first are ours.
    private const int WarmUpRounds = 30;
    private const int BurstRounds = 41;
    private const int SparseRounds = 8;
    private const int SparseLines = 50;
    private const int StreamRounds = 4;
    private const double Half = 0.5;
    private const int MoreStreamRounds = 3; // Of those that are set up as documented.

    /// <summary>About how long it takes.</summary>
    public static TimeSpan Time { get; } = TimeSpan.FromSeconds(30);

    public static IReadOnlyList<string> Measure(Goals goals)
    {
        LogRun[] runs =
        [
            new("log agent, waiting", static folder => new AgentContender(folder, waits: true)),
            new("log agent, by default", static folder => new AgentContender(folder, waits: false)),
            new("Serilog, Async and File", FactoryContender.Serilog),
            new("NLog, AsyncWrapper and File", FactoryContender.NLog),
            new("ZLogger, file", FactoryContender.ZLogger),
        ];
        LogRun[] all =
        [
            .. runs,
            new("Serilog, with the same fields in JSON", FactoryContender.SerilogJson),
            new("NLog, with the same fields in JSON", FactoryContender.NLogJson),
            new("ZLogger, with the same fields but the template in JSON", FactoryContender.ZLoggerJson),
        ];
        try
        {
            Take(all, WarmUpRounds, static run => run.MeasureBurst(isWarmUp: true));
            Take(all, BurstRounds, static run => run.MeasureBurst(isWarmUp: false));
            Take(runs, SparseRounds, static run => run.MeasureSparse(SparseLines));
            Take(all, StreamRounds, static run => run.MeasureStream());
            Take(runs, MoreStreamRounds, static run => run.MeasureStream());
            Judge(runs, goals);
            return
            [
                "",
                "| a log call, one thread | burst ns | B | sparse ns | p95 | B | lines/s to the file | arrived | B a line |",
                "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
                .. all.Select(Row),
                "",
            ];
        }
        finally
        {
            Array.ForEach(all, static run => run.Dispose());
        }

        static void Take(LogRun[] runs, int rounds, Action<LogRun> measure)
        {
            for (int round = 0; round < rounds; round++)
            {
                for (int i = 0; i < runs.Length; i++)
                    measure(runs[(i + round) % runs.Length]);
            }
        }
    }

    /// <summary>
    /// Half of what the fastest peer costs its caller, in bursts and now and then, no bytes, every line where it waits, and as many lines a second as the
    /// fastest.
    /// </summary>
    private static void Judge(LogRun[] runs, Goals goals)
    {
        LogRun[] peers = [.. runs.Skip(Agents)];
        foreach (LogRun agent in runs.Take(Agents))
        {
            goals.AtMost($"{agent.Name}: of the time of the fastest peer", Half, agent.BurstNanoseconds / peers.Min(static run => run.BurstNanoseconds));
            goals.AtMost($"{agent.Name}, a line every millisecond: the same", Half, agent.SparseNanoseconds / peers.Min(static run => run.SparseNanoseconds));
            goals.AtMost($"{agent.Name}: bytes of a call", 0, Math.Round(agent.BurstBytes), "0");
        }

        goals.AtLeast($"{runs[0].Name}: lines that arrived", 1, runs[0].Arrived);
        goals.AtLeast($"{runs[0].Name}: of the lines a second of the fastest peer", 1, runs[0].LinesPerSecond / peers.Max(static run => run.LinesPerSecond));
    }

    private static string Row(LogRun run)
    {
        string sparse = run.HasSparse ? Invariant($"{run.SparseNanoseconds:0} | {run.SparseTail:0} | {run.SparseBytes:0}") : "| |";
        return Invariant($"| {run.Name} | {run.BurstNanoseconds:0} | {run.BurstBytes:0} | {sparse} | {run.LinesPerSecond:N0} | {run.Arrived:P1} | {run.BytesOfLine:0} |");
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
