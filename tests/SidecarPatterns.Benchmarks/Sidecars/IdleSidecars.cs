using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>What sidecars cost that have nothing to do: a host with many of them, beside an equal host without.</summary>
/// <remarks>Each host has a process of its own, so that neither heap nor thread pool remembers the rows before.</remarks>
internal static class IdleSidecars
{
    /// <summary>The command line's first word for the process that holds one of the hosts.</summary>
    public const string Verb = "--idle";

    private const double GoalKilobytes = 4;

    /// <summary>Until then what the start called often is still being compiled, in the background.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    /// <summary>About how long <see cref="Measure"/> takes.</summary>
    public static TimeSpan Time { get; } = Settle + Idle + TimeSpan.FromSeconds(1);

    /// <summary>Measures both hosts, at the same time, for being idle they do not disturb each other.</summary>
    /// <returns>The line to print.</returns>
    public static string Measure(int count, Goals goals)
    {
        using Process idle = Start(count);
        using Process baseline = Start(0);
        (long bytes, double cpu) = Read(idle);
        (long baselineBytes, double baselineCpu) = Read(baseline);

        double kilobytes = (bytes - baselineBytes) / 1024.0 / count;
        goals.AtMost("an idle sidecar: KB", GoalKilobytes, kilobytes, "0.0");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{count:N0} idle sidecars: {kilobytes:0.0} KB each, {cpu:0.0} ms CPU in {Idle.TotalSeconds:0} s, baseline {baselineCpu:0.0} ms");
    }

    /// <summary>The other process: prints the bytes of the heap and the milliseconds of CPU.</summary>
    public static void Report(int count)
    {
        IHost host = StartedHost.With(services =>
        {
            for (int i = 0; i < count; i++)
                services.AddSidecar<IdleSidecar, Message>(string.Create(CultureInfo.InvariantCulture, $"idle-{i}"));
        });

        long bytes = GC.GetTotalMemory(forceFullCollection: true);
        Thread.Sleep(Settle);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        Thread.Sleep(Idle);
        cpu = Environment.CpuUsage.TotalTime - cpu;

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes} {cpu.TotalMilliseconds}"));
        StartedHost.Stop(host);
    }

    private static Process Start(int count)
    {
        string program = Environment.ProcessPath!;
        List<string> arguments = [Verb, count.ToString(CultureInfo.InvariantCulture)];
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            arguments.Insert(0, typeof(IdleSidecars).Assembly.Location);

        return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
    }

    private static (long Bytes, double CpuMilliseconds) Read(Process process)
    {
        string[] words = process.StandardOutput.ReadToEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        if (process.ExitCode != 0 || words.Length != 2)
            throw new InvalidOperationException($"The idle host ended with exit code {process.ExitCode}.");

        return (long.Parse(words[0], CultureInfo.InvariantCulture), double.Parse(words[1], CultureInfo.InvariantCulture));
    }
}
