using System.Diagnostics;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>Prometheus' own reader, and its rules of style. Debian's package prometheus has it.</summary>
internal static class Promtool
{
    private static readonly string? Path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
        .Select(static folder => System.IO.Path.Combine(folder, "promtool"))
        .FirstOrDefault(File.Exists);

    public static bool IsInstalled => Path is not null;

    public static (int ExitCode, string Output) Check(string text)
    {
        using var process = Process.Start(new ProcessStartInfo(Path!, ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        using (var input = new StreamWriter(process.StandardInput.BaseStream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
        {
            input.Write(text);
        }

        process.WaitForExit();
        return (process.ExitCode, errors.GetAwaiter().GetResult() + output.GetAwaiter().GetResult());
    }
}
