using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The logger of one category: captures a line, and sends it on its way. What it costs its caller is all there is to it.</summary>
internal sealed class SidecarLogger(SidecarLoggerProvider provider, LogSource source) : ILogger
{
    private readonly LogRoutes _routes = provider.Routes;
    private readonly TimeProvider? _timeProvider = provider.OtherClock;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => provider.Scopes?.Push(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel == LogLevel.None || LineGuard.IsWriting)
        {
            return;
        }

        LogEntry entry = LogState<TState>.IsUnchanging
            ? StateEntry<TState>.Rent(state, formatter)
            : CapturedEntry.Capture(state, exception, formatter);
        entry.Begin(source, logLevel, eventId, exception, _timeProvider is null ? DateTime.UtcNow.Ticks : _timeProvider.GetUtcNow().UtcTicks);
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            entry.Trace = activity.TraceId;
            entry.Span = activity.SpanId;
        }

        if (provider.Scopes is { } scopes)
        {
            entry.Scopes = ScopeCapture.Capture(scopes);
        }

        _routes.Post(entry);
        if (LogState<TState>.IsUnchanging)
        {
            StateEntry<TState>.WarmNext();
        }
    }
}
