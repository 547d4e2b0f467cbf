using Spectre.Console;

namespace ConsoleApp.Reporting;

/// <summary>Draws the totals ten times a second, from its construction until it is disposed.</summary>
internal sealed class LiveTotals : IAsyncDisposable
{
    private readonly PeriodicTimer _timer;
    private readonly Task _drawing;

    public LiveTotals(IAnsiConsole console, Terminal terminal, ProductTotals totals, TimeProvider clock)
    {
        _timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), clock);
        _drawing = console.Live(Tables.Of(totals.ToList())).AutoClear(true).StartAsync(async display =>
        {
            while (await _timer.WaitForNextTickAsync())
                terminal.Draw(display, Tables.Of(totals.ToList()));
        });
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _drawing;
    }
}
