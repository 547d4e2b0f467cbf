using ConsoleApp.Reporting;
using SidecarPatterns;

namespace ConsoleApp.Sidecars;

/// <summary>Shows how the other sidecars stand: as a live table on a terminal, else as a line for each of them every second.</summary>
/// <remarks>A sidecar itself, and the first one: it starts before the others, and ends after them, so that their draining is shown too.</remarks>
internal sealed class SidecarWatch(Terminal terminal, ISidecarControl sidecars) : ISidecar, ISidecarStartup, IAsyncDisposable
{
    private LiveTable? _table;

    public ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        if (terminal.Live is { } console)
            _table = new LiveTable(console, terminal, () => Tables.Watch(ReadOthers()), context.TimeProvider);
        return ValueTask.CompletedTask;
    }

    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), context.TimeProvider);
        using CancellationTokenRegistration end = ct.Register(timer.Dispose);
        do
            WriteLines();
        while (await timer.WaitForNextTickAsync(CancellationToken.None));

        WriteLines(); // how they stand once all is done
    }

    public async ValueTask DisposeAsync()
    {
        if (_table is not null)
            await _table.DisposeAsync();
    }

    // This one has no messages.
    private SidecarSnapshot[] ReadOthers() => [.. sidecars.GetSnapshots().Where(sidecar => sidecar.Capacity > 0)];

    private void WriteLines()
    {
        if (_table is not null)
            return;
        foreach (SidecarSnapshot sidecar in ReadOthers())
        {
            terminal.Announce(
                $"sidecar={sidecar.Name} state={sidecar.State} queued={sidecar.Queued} in-flight={sidecar.InFlight} handled={sidecar.Handled} "
                + $"dead-lettered={sidecar.DeadLettered} dropped={sidecar.Dropped + sidecar.Evicted} restarts={sidecar.Restarts} "
                + $"busy={sidecar.BusyTime.TotalSeconds:F3}");
        }
    }
}
