using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>Makes the loggers of the log agent.</summary>
[ProviderAlias(LogSidecarConstants.ProviderAlias)]
internal sealed class SidecarLoggerProvider : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentDictionary<string, SidecarLogger> _loggers = new();
    private readonly bool _includesScopes;
    private readonly CrashHook? _crashHook;

    public SidecarLoggerProvider(
        LogSidecarOptions options, LogRoutes routes, TimeProvider timeProvider, CrashHook? crashHook, IEnumerable<string> problems)
    {
        Routes = routes;
        _includesScopes = options.IncludeScopes;
        OtherClock = timeProvider == TimeProvider.System ? null : timeProvider;
        _crashHook = crashHook;
        foreach (var problem in problems)
        {
            Routes.PostLater(NoticeEntry.UnknownKey(timeProvider.GetUtcNow(), problem));
        }
    }

    public LogRoutes Routes { get; }

    /// <summary>The clock; <see langword="null"/> for the system's own, which is read without the way through it.</summary>
    public TimeProvider? OtherClock { get; }

    /// <summary>The scopes at present; <see langword="null"/> where nobody wants them.</summary>
    public IExternalScopeProvider? Scopes { get; private set; }

    public ILogger CreateLogger(string categoryName) =>
        _loggers.GetOrAdd(categoryName, static (name, provider) => new SidecarLogger(provider, new LogSource(name)), this);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => Scopes = _includesScopes ? scopeProvider : null;

    public void Dispose()
    {
        _crashHook?.Dispose();
        Routes.Dispose();
    }
}
