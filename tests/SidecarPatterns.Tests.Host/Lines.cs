using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests.Host;

/// <summary>What the parent reads: lines on standard output.</summary>
internal static class Lines
{
    public static void Write(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    /// <summary>Writes what sidecars log, errors and worse, as such lines; nothing else is logged.</summary>
    public static void AddConsoleLines(this IServiceCollection services) => services.AddLogging(static logging => logging
        .ClearProviders()
        .AddFilter(static (category, level) => level >= LogLevel.Error && category!.StartsWith("SidecarPatterns", StringComparison.Ordinal))
        .Services.AddSingleton<ILoggerProvider, Provider>());

    private sealed class Provider : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Write($"logged {logLevel} {eventId.Name}: {formatter(state, exception)} {exception?.Message}".TrimEnd());

        public void Dispose()
        {
        }
    }
}
