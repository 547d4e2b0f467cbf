using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SidecarPatterns.Benchmarks;

/// <summary>A child. Whatever happens, it is gone once this is disposed of.</summary>
internal sealed class ChaosProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly TaskCompletionSource _starting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _errors = new();
    private string? _report;

    public ChaosProcess(ChaosPlan plan, ChaosFolder folder, IEnumerable<string> servers)
    {
        string[] arguments =
        [
            .. OwnProgram.Arguments(),
            ChaosChild.Verb,
            plan.Seed.ToString(CultureInfo.InvariantCulture),
            plan.Life.ToString(CultureInfo.InvariantCulture),
            folder.Path,
            .. servers,
        ];
        _process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        })!;
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has told at its end, if it has.</summary>
    public ChaosReport? Report => _report is { } line ? JsonSerializer.Deserialize(line, ChaosJson.Default.ChaosReport) : null;

    /// <summary>What it has written to standard error.</summary>
    public string Errors => string.Join('\n', _errors).Trim();

    /// <summary>Completes when its host begins to start.</summary>
    public Task StartingAsync() => _starting.Task.WaitAsync(Patience);

    /// <summary>Sends a signal, and waits for the end.</summary>
    /// <returns>The exit code, how long it took, and how much of that the machine had no time for us.</returns>
    public async Task<(int ExitCode, TimeSpan Time, TimeSpan Starved)> EndAsync(bool kills)
    {
        TimeSpan starved = Starvation.Total;
        var clock = Stopwatch.StartNew();
        if (kills)
            _process.Kill();
        else
            using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync();

        await _process.WaitForExitAsync().WaitAsync(Patience);
        return (_process.ExitCode, clock.Elapsed, Starvation.Total - starved);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line == ChaosCrasher.Starting)
            _starting.TrySetResult();
        else if (line?.StartsWith(ChaosChild.ReportLine, StringComparison.Ordinal) == true)
            _report = line[ChaosChild.ReportLine.Length..];
        else if (line is null)
            _starting.TrySetException(new InvalidOperationException($"The child ended before its host started: {Errors}"));
    }
}
