using System.Runtime.ExceptionServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>The one hosted service behind all sidecars: starts them before everything else, and stops them after it.</summary>
/// <remarks>A host that does not know <see cref="IHostedLifecycleService"/> calls only the two methods in the middle; they do the same then.</remarks>
internal sealed class SidecarCoordinator : IHostedLifecycleService
{
    private readonly SidecarCatalog _catalog;
    private readonly SidecarRegistry _registry;
    private readonly SidecarEnvironment _environment;
    private readonly HostOptions _hostOptions;
    private readonly Lock _lock = new();

    private Task? _start;
    private Task? _stop;
    private long? _stoppingAt;
    private Exception? _failure;

    public SidecarCoordinator(
        SidecarCatalog catalog, SidecarRegistry registry, SidecarEnvironment environment, IOptions<HostOptions> hostOptions)
    {
        _catalog = catalog;
        _registry = registry;
        _environment = environment;
        _hostOptions = hostOptions.Value;
        catalog.CriticalFailure = OnCriticalFailure;
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_stop is not null)
            {
                throw new InvalidOperationException("The sidecars of this host have been stopped; they can not be started again. Build a new host.");
            }

            return _start ??= StartAllAsync(cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => StartingAsync(cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _stoppingAt ??= _environment.TimeProvider.GetTimestamp();
        _catalog.HostIsStopping = true;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        _stoppingAt is null ? StoppedAsync(cancellationToken) : Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await StoppingAsync(cancellationToken).ConfigureAwait(false);
        Task stop;
        lock (_lock)
        {
            stop = _stop ??= StopAllAsync();
        }

        await stop.ConfigureAwait(false);
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    private async Task StartAllAsync(CancellationToken ct)
    {
        _catalog.Open();
        WarnAboutSettings();
        try
        {
            foreach (var supervisor in _catalog.InStartOrder)
            {
                ct.ThrowIfCancellationRequested();
                var start = supervisor.StartAsync(supervisor.Options.Critical ? ct : CancellationToken.None);
                if (supervisor.Options.Critical)
                {
                    await start.ConfigureAwait(false);
                }
            }
        }
        catch
        {
            await StoppingAsync(CancellationToken.None).ConfigureAwait(false);
            await StopAllAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops what was started, last first; what was not has nothing to stop.</summary>
    private async Task StopAllAsync()
    {
        var shutdownTimeout = _hostOptions.ShutdownTimeout;
        var givesUpStarting = _start is not { IsCompletedSuccessfully: true };
        for (var index = _catalog.InStartOrder.Count - 1; index >= 0; index--)
        {
            var supervisor = _catalog.InStartOrder[index];
            await supervisor.StopAsync(DrainTimeFor(supervisor, stillToDrain: index, shutdownTimeout), givesUpStarting).ConfigureAwait(false);
            if (supervisor.FailureWhileStopping is { } failure && supervisor.Options.Critical)
            {
                OnCriticalFailure(supervisor, failure);
            }
        }
    }

    /// <summary>The sidecar's own time to drain, or what the host has left less a minimum for each that drains after it.</summary>
    private TimeSpan DrainTimeFor(SidecarSupervisor supervisor, int stillToDrain, TimeSpan shutdownTimeout)
    {
        if (shutdownTimeout == Timeout.InfiniteTimeSpan)
        {
            return supervisor.Options.DrainTimeout;
        }

        var left = shutdownTimeout - _environment.TimeProvider.GetElapsedTime(_stoppingAt!.Value) - (stillToDrain * SidecarConstants.MinDrain);
        var bounded = left < SidecarConstants.MinDrain ? SidecarConstants.MinDrain : left;
        return bounded < supervisor.Options.DrainTimeout ? bounded : supervisor.Options.DrainTimeout;
    }

    private void OnCriticalFailure(SidecarSupervisor supervisor, Exception cause)
    {
        lock (_lock)
        {
            _failure ??= cause;
        }

        if (supervisor.Options.SetExitCode && Environment.ExitCode == 0)
        {
            Environment.ExitCode = 1;
        }

        _environment.Services.GetService<IHostApplicationLifetime>()?.StopApplication();
    }

    private void WarnAboutSettings()
    {
        if (_hostOptions.ServicesStartConcurrently)
        {
            SupervisionLog.ConcurrentStart(_environment.SupervisionLogger);
        }

        foreach (var registration in _registry.Registrations.Where(static registration => registration.IsHostedServiceToo))
        {
            SupervisionLog.RunsTwice(_environment.SupervisionLogger, registration.Name);
        }
    }
}
