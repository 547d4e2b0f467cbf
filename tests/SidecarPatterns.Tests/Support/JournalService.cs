using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>A service of the application that writes down each phase of its life, and may do something of the test's in it.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Some tests leave its making to dependency injection.")]
internal sealed class JournalService(Journal journal, string name = "application") : IHostedLifecycleService
{
    /// <summary>Called in each phase after it was written down, with the name of the phase.</summary>
    public Func<string, CancellationToken, Task> OnPhase { get; set; } = static (_, _) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => PassAsync("starting", cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => PassAsync("start", cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => PassAsync("started", cancellationToken);

    public Task StoppingAsync(CancellationToken cancellationToken) => PassAsync("stopping", cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => PassAsync("stop", cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => PassAsync("stopped", cancellationToken);

    private Task PassAsync(string phase, CancellationToken ct)
    {
        journal.Add($"{name} {phase}");
        return OnPhase(phase, ct);
    }
}
