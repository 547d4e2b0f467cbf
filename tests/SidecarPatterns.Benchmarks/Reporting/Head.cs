using System.Reflection;

namespace SidecarPatterns.Benchmarks;

/// <summary>The head of the report: where, when and how it was made, with what, and what came of the goals.</summary>
internal static class Head
{
    public static void Write(TextWriter output, IReadOnlyList<string> names, IReadOnlyList<PartResult> parts)
    {
        output.WriteLine("# Results");
        output.WriteLine();
        output.WriteLine("Written by the benchmark project; nobody edits it. Absolute figures are those of the machine; ratios hold.");
        output.WriteLine();
        Machine.Write(output, $"--results {Machine.Folder}{string.Concat(names.Select(static name => $" {name}"))}");
        output.WriteLine($"| packages | {string.Join(", ", Packages().Select(static assembly => $"{assembly.GetName().Name} {Machine.VersionOf(assembly)}").Distinct())} |");
        output.WriteLine();
        WriteGoals(output, parts);
    }

    private static void WriteGoals(TextWriter output, IReadOnlyList<PartResult> parts)
    {
        output.WriteLine("| part | goals met | missed, or not measured |");
        output.WriteLine("| --- | ---: | --- |");
        foreach (PartResult part in parts)
        {
            IEnumerable<string> missed = part.Goals.Where(static goal => !goal.IsMet).Select(static goal => $"{goal.What} ({goal.Figure})");
            if (part.Failures > 0)
                missed = missed.Append("something failed: see there");

            output.WriteLine($"| {part.Part.Name} | {part.Goals.Count(static goal => goal.IsMet)} of {part.Goals.Count} | {string.Join("; ", missed)} |");
        }

        output.WriteLine();
    }

    private static IEnumerable<Assembly> Packages() =>
    [
        typeof(Akka.Actor.ActorSystem).Assembly, typeof(Proto.ActorSystem).Assembly, typeof(Wolverine.IMessageBus).Assembly, typeof(MassTransit.Bus).Assembly,
        typeof(Coravel.Queuing.Queue).Assembly, typeof(Microsoft.Extensions.Http.Resilience.HttpRetryStrategyOptions).Assembly, typeof(Polly.ResiliencePipeline).Assembly,
        typeof(Serilog.Log).Assembly, typeof(Serilog.LoggerConfigurationAsyncExtensions).Assembly, typeof(Serilog.FileLoggerConfigurationExtensions).Assembly,
        typeof(NLog.LogManager).Assembly, typeof(ZLogger.ZLoggerOptions).Assembly, typeof(OpenTelemetry.Sdk).Assembly,
        typeof(Microsoft.Extensions.Hosting.Host).Assembly, typeof(Microsoft.Extensions.Http.HttpClientFactoryOptions).Assembly,
    ];
}
