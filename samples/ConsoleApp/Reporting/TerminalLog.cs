using Microsoft.Extensions.Logging;

namespace ConsoleApp.Reporting;

/// <summary>Writes what the host and the sidecars log beside the program's own errors: a line each, and no stack traces.</summary>
internal sealed class TerminalLog(Terminal terminal) : ILoggerProvider, ILogger
{
    // How calls of the ambassador end: an order whose call fails is refused, and that is told already. What its endpoints do, the report tells.
    private static readonly string?[] ToldElsewhere = ["CallFailed", "SucceededAfterRetries", "EndpointCircuitChanged"];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!ToldElsewhere.Contains(eventId.Name))
            terminal.Complain($"{formatter(state, exception)} {exception?.Message}".TrimEnd());
    }

    public void Dispose()
    {
    }
}
