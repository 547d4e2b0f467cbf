using ConsoleApp.Pricing;
using ConsoleApp.Reporting;
using SidecarPatterns;

namespace ConsoleApp.Sidecars;

/// <summary>Adds up what was ordered of each product, in batches, and, on a terminal, shows it live.</summary>
internal sealed class TotalsMeter(ProductTotals totals, Terminal terminal) : IBatchSidecar<PricedOrder>, ISidecarStartup, IAsyncDisposable
{
    private LiveTotals? _display;

    public ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        if (terminal.Live is { } console)
            _display = new LiveTotals(console, terminal, totals, context.TimeProvider);
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
