using System.Reflection;

namespace SidecarPatterns.Benchmarks;

/// <summary>What <c>--results FOLDER [PART ...]</c> does: runs the parts, and writes what they print to <c>Results.md</c> in the folder, with plots beside it.</summary>
internal static class ResultsRun
{
    public const string FileName = "Results.md";
    public const string PlotFolder = "Plots";

    /// <summary>Runs the parts that are named, or all of them.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string folder, IReadOnlyList<string> names)
    {
        string plots = Path.Combine(folder, PlotFolder);
        Directory.CreateDirectory(plots);
        using var file = new StreamWriter(Path.Combine(folder, FileName)) { NewLine = "\n" };
        TextWriter console = Console.Out;
        Console.SetOut(new BothWriter(console, file));
        try
        {
            WriteHead(Console.Out, names);
            return QuickRun.Run(names, part => Draw(part, plots));
        }
        finally
        {
            Console.SetOut(console);
        }
    }

    private static void WriteHead(TextWriter output, IReadOnlyList<string> names)
    {
        output.WriteLine("# Results");
        output.WriteLine();
        output.WriteLine("Written by the benchmark project; nobody edits it. Absolute figures are those of the machine; ratios hold.");
        output.WriteLine();
        Machine.Write(output, $"--results tests/SidecarPatterns.Benchmarks{string.Concat(names.Select(static name => $" {name}"))}");
        output.WriteLine($"| peers | {string.Join(", ", PeerAssemblies().Select(static assembly => $"{assembly.GetName().Name} {Machine.VersionOf(assembly)}"))} |");
        output.WriteLine();
    }

    private static void Draw(PartResult part, string plots)
    {
        foreach (GrowthSeries series in GrowthSeries.All)
        {
            string[] rows = [.. series.Points.Select(static point => point.Row.Name)];
            RowResult[] results = [.. part.Rows.Where(result => rows.Contains(result.Name))];
            if (results.Length == rows.Length)
                Console.WriteLine($"![{series.Name}]({PlotFolder}/{GrowthPlot.Save(plots, series, results)})");
        }

        Console.WriteLine();
    }

    private static IEnumerable<Assembly> PeerAssemblies() =>
    [
        typeof(Akka.Actor.ActorSystem).Assembly, typeof(Proto.ActorSystem).Assembly, typeof(Wolverine.IMessageBus).Assembly, typeof(MassTransit.IBus).Assembly,
        typeof(Coravel.Queuing.Queue).Assembly, typeof(Microsoft.Extensions.Http.Resilience.HttpRetryStrategyOptions).Assembly, typeof(Polly.ResiliencePipeline).Assembly,
    ];
}
