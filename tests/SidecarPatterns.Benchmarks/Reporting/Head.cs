using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>The head of the report: where, when and how it was made, with what, and what came of the goals.</summary>
internal static class Head
{
    private const string ProcessorFile = "/proc/cpuinfo";

    private const double Gibi = 1024 * 1024 * 1024;

    public static void Write(TextWriter output, IReadOnlyList<string> names, IReadOnlyList<PartResult> parts)
    {
        output.WriteLine("# Results");
        output.WriteLine();
        output.WriteLine("Written by the benchmark project; nobody edits it. Absolute figures are those of the machine; ratios hold.");
        output.WriteLine();
        output.WriteLine("| | |");
        output.WriteLine("| --- | --- |");
        output.WriteLine($"| command | `dotnet run -c Release --project tests/SidecarPatterns.Benchmarks -- --results tests/SidecarPatterns.Benchmarks{string.Concat(names.Select(static name => $" {name}"))}` |");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| date | {DateTimeOffset.UtcNow:yyyy-MM-dd} |"));
        output.WriteLine($"| version | {VersionOf(typeof(SidecarContext).Assembly)} |");
        output.WriteLine($"| runtime | {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, {(System.Runtime.GCSettings.IsServerGC ? "server" : "workstation")} collector |");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| machine | {ProcessorName()}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Gibi:0} GB of memory, {RuntimeInformation.OSDescription} |"));
        output.WriteLine($"| packages | {string.Join(", ", Packages().Select(static assembly => $"{assembly.GetName().Name} {VersionOf(assembly)}").Distinct())} |");
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

    private static string VersionOf(Assembly assembly) =>
        (assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? $"{assembly.GetName().Version}").Split('+')[0].Split("-main")[0];

    private static string ProcessorName()
    {
        string? line = File.Exists(ProcessorFile) ? File.ReadLines(ProcessorFile).FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':')[1].Trim() ?? $"{RuntimeInformation.ProcessArchitecture}";
    }
}
