using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>A program of this repository, published into a folder of its own: compiled ahead of time, or to be compiled as it runs.</summary>
internal sealed class StartUpProgram
{
    private const double Mebi = 1024 * 1024;

    private readonly string _file;

    private StartUpProgram(string file) => _file = file;

    /// <summary>How large the executable is.</summary>
    public double Megabytes => new FileInfo(_file).Length / Mebi;

    /// <summary>Publishes a test project.</summary>
    /// <param name="folder">Where to; what is built on the way goes there as well.</param>
    /// <param name="project">The project.</param>
    /// <param name="isNative">Whether it is compiled ahead of time.</param>
    /// <param name="properties">What else the build is told.</param>
    public static StartUpProgram Publish(string folder, string project, bool isNative, params IEnumerable<string> properties)
    {
        string output = Path.Combine(folder, "out");
        string[] mode = isNative ? ["-p:PublishAot=true"] : ["-p:PublishAot=false", "--no-self-contained"];
        var start = new ProcessStartInfo("dotnet",
        [
            "publish", Path.Combine(Root, "tests", project), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--artifacts-path", folder, "-o", output, "-nologo", "-v", "q",
            .. mode, .. properties,
        ])
        { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{project} could not be published: {said}");

        return new(Path.Combine(output, project));
    }

    /// <summary>Starts it and waits until it says that it has started.</summary>
    public (double Milliseconds, double Megabytes) Start()
    {
        long from = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(_file) { RedirectStandardOutput = true })!;
        string line = process.StandardOutput.ReadLine() ?? "";
        double milliseconds = Stopwatch.GetElapsedTime(from).TotalMilliseconds;
        process.WaitForExit();
        if (line.Split(' ') is not ["started", string bytes] || process.ExitCode != 0)
            throw new InvalidOperationException($"It said '{line}', and ended with exit code {process.ExitCode}.");

        return (milliseconds, long.Parse(bytes, CultureInfo.InvariantCulture) / Mebi);
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>The last line that it wrote, and its exit code.</returns>
    public (string LastLine, int ExitCode) Run()
    {
        using Process process = Process.Start(new ProcessStartInfo(_file) { RedirectStandardOutput = true })!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return (lines.LastOrDefault("nothing"), process.ExitCode);
    }

    private static string Root => typeof(StartUpProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static attribute => attribute.Key == "RepositoryRoot").Value!;
}
