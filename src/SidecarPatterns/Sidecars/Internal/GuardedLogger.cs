using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>A logger that never throws, whatever a logging provider does, and writes nothing until the host starts.</summary>
/// <remarks>A logging provider may itself be fed through a sidecar's writer; so no logger is resolved before the host starts.</remarks>
/// <param name="environment">Resolves the logger.</param>
/// <param name="category">Its category, or the beginning of it.</param>
/// <param name="sidecarName">The end of its category, where it is a sidecar's own.</param>
internal sealed class GuardedLogger(SidecarEnvironment environment, string category, string? sidecarName = null) : ILogger
{
    private ILogger? _inner;

    private ILogger? Inner => _inner ??= environment.ResolveLogger(category + sidecarName);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        try
        {
            return Inner?.BeginScope(state);
        }
#pragma warning disable CA1031 // A logging provider's failure is not the sidecar's.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return Inner?.IsEnabled(logLevel) ?? false;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            Inner?.Log(logLevel, eventId, state, exception, formatter);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            // There is nowhere left to tell it.
        }
    }
}
