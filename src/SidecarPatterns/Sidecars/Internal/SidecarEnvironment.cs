using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>What all sidecars of one host share: its services, its clock, its loggers.</summary>
internal sealed class SidecarEnvironment
{
    private bool _isOpen;

    public SidecarEnvironment(IServiceProvider services, SidecarInstruments instruments)
    {
        Services = services;
        Instruments = instruments;
        TimeProvider = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Watchdog = new SidecarWatchdog(TimeProvider);
        SupervisionLogger = new GuardedLogger(this, "SidecarPatterns.Supervision");
        DispatchLogger = new GuardedLogger(this, "SidecarPatterns.Dispatch");
    }

    public IServiceProvider Services { get; }

    public TimeProvider TimeProvider { get; }

    public SidecarInstruments Instruments { get; }

    public SidecarWatchdog Watchdog { get; }

    /// <summary>Who makes sidecars give way; <see langword="null"/> unless one was added.</summary>
    public SidecarGovernor? Governor { get; set; }

    /// <summary>For the lives of sidecars; a category of its own, so that it can be filtered apart.</summary>
    public ILogger SupervisionLogger { get; }

    /// <summary>For what becomes of messages; a failing dependency can make that many lines.</summary>
    public ILogger DispatchLogger { get; }

    /// <summary>For what a sidecar logs by itself.</summary>
    public ILogger LoggerFor(string sidecarName) => new GuardedLogger(this, "SidecarPatterns.Sidecar.", sidecarName);

    /// <summary>From here on loggers may be resolved.</summary>
    public void OpenLogging() => Volatile.Write(ref _isOpen, true);

    /// <returns>The logger, or <see langword="null"/> as long as none may be resolved.</returns>
    public ILogger? ResolveLogger(string category) =>
        Volatile.Read(ref _isOpen) ? Services.GetService<ILoggerFactory>()?.CreateLogger(category) : null;
}
