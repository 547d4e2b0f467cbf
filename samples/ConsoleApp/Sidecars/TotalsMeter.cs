using ConsoleApp.Pricing;
using ConsoleApp.Reporting;
using SidecarPatterns;

namespace ConsoleApp.Sidecars;

/// <summary>Adds up what was ordered of each product, in batches, and, on a terminal, shows it live, unless the sidecars are watched there.</summary>
internal sealed class TotalsMeter(ProductTotals totals, Terminal terminal, CommandLine command)
    : IBatchSidecar<PricedOrder>, ISidecarStartup, IAsyncDisposable
{
    private LiveTable? _display;

    public ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        if (!command.Watch && terminal.Live is { } console) // a terminal has room for one live display
            _display = new LiveTable(console, terminal, () => Tables.Of(totals.ToList()), context.TimeProvider);
        return ValueTask.CompletedTask;
    }

    public ValueTask HandleAsync(IReadOnlyList<PricedOrder> batch, SidecarContext context, CancellationToken ct)
    {
        totals.Add(batch);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_display is not null)
            await _display.DisposeAsync();
    }
}
