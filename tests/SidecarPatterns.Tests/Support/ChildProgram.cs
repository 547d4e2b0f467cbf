using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace SidecarPatterns.Tests;

/// <summary>A program that was built along with the tests, run as a child process. Whatever happens, it is gone once this is disposed of.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _error = new();

    private ChildProgram(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The lines on standard output so far.</summary>
    public IReadOnlyList<string> Output => [.. _output];

    /// <summary>The lines on standard error so far.</summary>
    public IReadOnlyList<string> Error => [.. _error];

    /// <summary>The program's standard input.</summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>Starts a program by the name of its project.</summary>
    public static ChildProgram Start(string name, params IReadOnlyList<string> arguments) => StartFrom(FolderOf(name), name, arguments);

    /// <summary>Starts a program in an environment that differs from this one's.</summary>
    public static ChildProgram StartIn(IReadOnlyDictionary<string, string> environment, string name, params IReadOnlyList<string> arguments) =>
        StartFrom(FolderOf(name), name, environment, arguments);

    /// <summary>Starts a program from a folder that is a copy of the one it was built to.</summary>
    public static ChildProgram StartFrom(string folder, string name, params IReadOnlyList<string> arguments) =>
        StartFrom(folder, name, new Dictionary<string, string>(), arguments);

    private static ChildProgram StartFrom(string folder, string name, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> arguments)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet)
        {
            WorkingDirectory = folder, // Where no settings but the program's own are found.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (IgnoresInterrupts())
        {
            start.FileName = "env";
            start.ArgumentList.Add("--default-signal=INT");
            start.ArgumentList.Add(dotnet);
        }

        start.ArgumentList.Add(Path.Combine(folder, name + ".dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        return new ChildProgram(Process.Start(start)!);
    }

    /// <summary>Copies what a program was built to, so that a test can edit it.</summary>
    public static void Copy(string name, string folder)
    {
        var source = FolderOf(name);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>Waits until the program has written a line that contains a text, to either stream.</summary>
    public Task WroteAsync(string text) => Eventually.HoldsAsync(
        () => _process.HasExited || _output.Concat(_error).Any(line => line.Contains(text, StringComparison.Ordinal)),
        $"the program writes '{text}'");

    /// <summary>Sends a signal to the program, and to no other.</summary>
    public async Task SignalAsync(string signal)
    {
        Assert.That(_process.HasExited, Is.False, $"the program still runs; it wrote {this}");
        using var kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync().InTime();
        Assert.That(kill.ExitCode, Is.Zero, "the signal was sent");
    }

    /// <summary>Waits until the program has ended and all it wrote has been read.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> ExitAsync()
    {
        try
        {
            await _process.WaitForExitAsync().InTime();
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The program did not end; it wrote {this}");
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().InTime();
        }

        _process.Dispose();
    }

    public override string ToString() => string.Join(Environment.NewLine, [.. _output, "and to standard error", .. _error]);

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }

    /// <summary>Where a program was built to. The tests of mutants start none: those that would are passed over.</summary>
    public static string FolderOf(string name)
    {
#if MUTATION
        Assert.Ignore($"{name} is not started for a mutant.");
#endif
        return Path.GetDirectoryName(
            typeof(ChildProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(attribute => attribute.Key == "ChildProgram:" + name).Value!)!;
    }

    // A shell's background job ignores SIGINT, and a child inherits that.
    private static bool IgnoresInterrupts()
    {
        const string Status = "/proc/self/status";
        const string Ignored = "SigIgn:";
        const ulong Interrupt = 1 << (2 - 1);
        var mask = File.Exists(Status)
            ? File.ReadLines(Status).FirstOrDefault(static line => line.StartsWith(Ignored, StringComparison.Ordinal))?[Ignored.Length..].Trim()
            : null;
        return mask is not null && (ulong.Parse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & Interrupt) != 0;
    }
}
