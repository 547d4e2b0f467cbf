using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>What a log call costs its caller, and how fast lines get to the file: the log agent beside other ways to log to a file in the background.</summary>
/// <remarks>
/// A generated log method with two parameters, by one thread. The peers are set up as their documentation says; what they drop when they can not follow is seen in the
/// lines that arrived.
/// </remarks>
internal static class LoggingRows
{
    private const int WarmUpRounds = 40;
    private const int BurstRounds = 61;
    private const int SparseRounds = 8;
    private const int SparseLines = 50;
    private const int StreamRounds = 9;

    /// <summary>About how long it takes.</summary>
    public static TimeSpan Time { get; } = TimeSpan.FromSeconds(28);

    public static IReadOnlyList<string> Measure()
    {
        LogRun[] runs =
        [
            new("log agent, waiting", static folder => new AgentContender(folder, waits: true)),
            new("log agent, by default", static folder => new AgentContender(folder, waits: false)),
            new("Serilog, Async and File", FactoryContender.Serilog),
            new("NLog, AsyncWrapper and File", FactoryContender.NLog),
            new("ZLogger, file", FactoryContender.ZLogger),
        ];
        try
        {
            Take(WarmUpRounds, static run => run.MeasureBurst(isWarmUp: true));
            Take(BurstRounds, static run => run.MeasureBurst(isWarmUp: false));
            Take(SparseRounds, static run => run.MeasureSparse(SparseLines));
            Take(StreamRounds, static run => run.MeasureStream());
            return
            [
                "",
                "| a log call, one thread | burst ns | B | sparse ns | p95 | B | lines/s to the file | arrived |",
                "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
                .. runs.Select(Row),
                "",
            ];
        }
        finally
        {
            Array.ForEach(runs, static run => run.Dispose());
        }

        void Take(int rounds, Action<LogRun> measure)
        {
            for (int round = 0; round < rounds; round++)
            {
                for (int i = 0; i < runs.Length; i++)
                    measure(runs[(i + round) % runs.Length]);
            }
        }
    }

    private static string Row(LogRun run) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {run.Name} | {run.BurstNanoseconds:0} | {run.BurstBytes:0} | {run.SparseNanoseconds:0} | {run.SparseTail:0} | {run.SparseBytes:0} | {run.LinesPerSecond:N0} | {run.Arrived:P1} |");
}
