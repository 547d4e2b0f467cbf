using Microsoft.Extensions.Logging;

namespace ConsoleApp.Reporting;

/// <summary>Writes what the host and the sidecars log beside the program's own errors: a line each, and no stack traces.</summary>
internal sealed class TerminalLog(Terminal terminal) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        terminal.Complain($"{formatter(state, exception)} {exception?.Message}".TrimEnd());

    public void Dispose()
    {
    }
}
