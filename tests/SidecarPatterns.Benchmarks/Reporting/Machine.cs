using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>What figures were taken with and on.</summary>
internal static class Machine
{
    /// <summary>Where this project is, and what it writes.</summary>
    public const string Folder = "tests/SidecarPatterns.Benchmarks";

    private const double Gibi = 1024 * 1024 * 1024;

    /// <summary>Writes the head of a table of two columns: command, date, version, runtime and machine.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="arguments">What the program was started with.</param>
    public static void Write(TextWriter output, string arguments)
    {
        output.WriteLine("| | |");
        output.WriteLine("| --- | --- |");
        output.WriteLine($"| command | `dotnet run -c Release --project {Folder} -- {arguments}` |");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| date | {DateTimeOffset.UtcNow:yyyy-MM-dd} |"));
        output.WriteLine($"| version | {VersionOf(typeof(SidecarContext).Assembly)} |");
        output.WriteLine($"| runtime | {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, {(System.Runtime.GCSettings.IsServerGC ? "server" : "workstation")} collector |");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| machine | {ProcessorName()}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Gibi:0} GB of memory, {RuntimeInformation.OSDescription} |"));
    }

    public static string VersionOf(Assembly assembly) =>
        (assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? $"{assembly.GetName().Version}").Split('+')[0].Split("-main")[0];

    private static string ProcessorName()
    {
        const string Info = "/proc/cpuinfo";
        string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':')[1].Trim() ?? $"{RuntimeInformation.ProcessArchitecture}";
    }
}
