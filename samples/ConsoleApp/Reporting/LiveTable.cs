using Spectre.Console;

namespace ConsoleApp.Reporting;

/// <summary>Draws a table ten times a second, from its construction until it is disposed; then it is gone from the screen.</summary>
internal sealed class LiveTable : IAsyncDisposable
{
    private readonly PeriodicTimer _timer;
    private readonly Task _drawing;

    public LiveTable(IAnsiConsole console, Terminal terminal, Func<Table> read, TimeProvider clock)
    {
        _timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), clock);
        _drawing = console.Live(read()).AutoClear(true).StartAsync(async display =>
        {
            while (await _timer.WaitForNextTickAsync())
                terminal.Draw(display, read());
        });
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _drawing;
    }
}
