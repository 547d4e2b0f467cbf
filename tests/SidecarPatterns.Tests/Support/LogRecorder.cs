using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>A logging provider that keeps what is logged.</summary>
internal sealed class LogRecorder : ILoggerProvider
{
    private readonly ConcurrentQueue<RecordedEntry> _entries = new();

    public IReadOnlyList<RecordedEntry> Entries => [.. _entries];

    /// <summary>Sees each entry as it is logged, on the thread that logs it; what it throws reaches the caller of the logger.</summary>
    public Action<RecordedEntry>? OnEntry { get; set; }

    /// <summary>The entries of one event, by its name.</summary>
    public IReadOnlyList<RecordedEntry> Named(string eventName) => [.. _entries.Where(entry => entry.Event.Name == eventName)];

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
        // What was kept stays readable.
    }

    private sealed class Logger(LogRecorder recorder, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var entry = new RecordedEntry(category, logLevel, eventId, formatter(state, exception), exception);
            recorder._entries.Enqueue(entry);
            recorder.OnEntry?.Invoke(entry);
        }
    }
}
