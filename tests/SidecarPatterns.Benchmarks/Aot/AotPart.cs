using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// How large a host is that is compiled ahead of time, how long it takes to start, and how much memory it then has: with nothing but a client and a background
/// service, with the standard handler on the client, and with an ambassador and a sidecar in their places. Beside that each compiled as it runs; and the
/// program of all registrations.
/// </summary>
internal sealed class AotPart : Part
{
    private const string Hosts = "SidecarPatterns.StartUp";
    private const string AllRegistrations = "SidecarPatterns.AotTest";
    private const int Starts = 20;
    private const int Plain = 0;
    private const int Ours = 2;
    private const double GoalMilliseconds = 10;

    /// <summary>All of the package is in there, sidecars and ambassador, whatever of it is used: so more than one handler adds, and it is not to grow unseen.</summary>
    private const double GoalMegabytes = 4;

    private static readonly (string Name, string With)[] Kinds =
        [("a client and a background service", "plain"), ("the same with AddStandardResilienceHandler", "standard"), ("an ambassador and a sidecar", "ours")];

    public override string Name => "aot";

    public override string Measured => string.Create(CultureInfo.InvariantCulture, $"medians of {Starts} interleaved starts, from the process's start until its host has started");

    public override IReadOnlyList<string> MeasureBesideTable(Goals goals)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("aot-");
        try
        {
            StartUpProgram[] native = Publish(folder.FullName, isNative: true);
            StartUpProgram[] jit = Publish(folder.FullName, isNative: false);
            var all = StartUpProgram.Publish(Path.Combine(folder.FullName, "all"), AllRegistrations, isNative: true);
            (double Milliseconds, double Megabytes)[] starts = Take([.. native, .. jit]);
            (string said, int exitCode) = all.Run();

            Judge(native, starts, goals);
            goals.Add("the scenarios of all registrations pass, compiled ahead of time", said, exitCode == 0);
            return
            [
                "| a host with | native, MB | beside the first | start, ms | memory, MB | as it runs: start, ms | memory, MB |",
                "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
                .. Kinds.Select((kind, i) => Describe(kind.Name, native, starts, i)),
                string.Create(CultureInfo.InvariantCulture, $"| every registration, and its scenarios | {all.Megabytes:0.0} | {all.Megabytes - native[Plain].Megabytes:+0.0} | | | | |"),
                "",
                $"The last row is {AllRegistrations}, agents included: {said}.",
            ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static StartUpProgram[] Publish(string folder, bool isNative) =>
        [.. Kinds.Select(kind => StartUpProgram.Publish(Path.Combine(folder, $"{kind.With}-{(isNative ? "native" : "jit")}"), Hosts, isNative, $"-p:With={kind.With}"))];

    /// <summary>The programs take turns; the first start of each, from a cold disk, does not count.</summary>
    private static (double Milliseconds, double Megabytes)[] Take(StartUpProgram[] programs)
    {
        Array.ForEach(programs, static program => program.Start());
        (double Milliseconds, double Megabytes)[][] starts = [.. Enumerable.Range(0, Starts).Select(_ => programs.Select(static program => program.Start()).ToArray())];
        return
        [
            .. programs.Select((_, i) => (
                AddedResult.MedianOf(starts.Select(start => start[i].Milliseconds)),
                AddedResult.MedianOf(starts.Select(start => start[i].Megabytes)))),
        ];
    }

    private static void Judge(StartUpProgram[] native, (double Milliseconds, double Megabytes)[] starts, Goals goals)
    {
        goals.AtMost("MB that ours adds to the executable", GoalMegabytes, native[Ours].Megabytes - native[Plain].Megabytes, "0.0");
        goals.AtMost("ms that it adds to the start", GoalMilliseconds, starts[Ours].Milliseconds - starts[Plain].Milliseconds, "0.0");
        goals.AtMost("its start compiled ahead, beside as it runs", 0.5, starts[Ours].Milliseconds / starts[Kinds.Length + Ours].Milliseconds);
    }

    private static string Describe(string name, StartUpProgram[] native, (double Milliseconds, double Megabytes)[] starts, int kind)
    {
        ((double Milliseconds, double Megabytes) ahead, (double Milliseconds, double Megabytes) jit) = (starts[kind], starts[Kinds.Length + kind]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {native[kind].Megabytes:0.0} | {native[kind].Megabytes - native[Plain].Megabytes:+0.0;-0.0;0.0} | {ahead.Milliseconds:0} | {ahead.Megabytes:0} | {jit.Milliseconds:0} | {jit.Megabytes:0} |");
    }
}
