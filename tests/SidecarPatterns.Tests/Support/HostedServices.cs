using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>Registers hosted services that do what a script says, as sidecars.</summary>
internal static class HostedServices
{
    /// <summary>Adds one with all six phases.</summary>
    public static ISidecarBuilder AddLifecycle<TKey>(
        this IServiceCollection services, HostedScript<TKey> script, string name, Action<SidecarOptions>? configure = null) =>
        services.AddSingleton(script).AddHostedSidecar<LifecycleService<TKey>>(name, configure);

    /// <summary>Adds a background service.</summary>
    public static ISidecarBuilder AddBackground<TKey>(
        this IServiceCollection services, HostedScript<TKey> script, string name, Action<SidecarOptions>? configure = null) =>
        services.AddSingleton(script).AddHostedSidecar<WorkingService<TKey>>(name, configure);

    /// <summary>Adds a background service that has a start-up hook.</summary>
    public static ISidecarBuilder AddStartupBackground<TKey>(
        this IServiceCollection services, HostedScript<TKey> script, string name, Action<SidecarOptions>? configure = null) =>
        services.AddSingleton(script).AddHostedSidecar<StartupWorkingService<TKey>>(name, configure);
}

/// <summary>A service with all six phases.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class LifecycleService<TKey> : IHostedLifecycleService, IAsyncDisposable
{
    private readonly HostedScript<TKey> _script;

    public LifecycleService(HostedScript<TKey> script)
    {
        _script = script;
        script.OnCreate();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => _script.PassAsync("starting", cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => _script.PassAsync("start", cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => _script.PassAsync("started", cancellationToken);

    public Task StoppingAsync(CancellationToken cancellationToken) => _script.PassAsync("stopping", cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _script.PassAsync("stop", cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => _script.PassAsync("stopped", cancellationToken);

    public ValueTask DisposeAsync()
    {
        _script.Journal.Add("dispose");
        return _script.OnDisposeAsync();
    }
}

/// <summary>A background service as they are written: its phases are overridden, and call the base.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal class WorkingService<TKey> : BackgroundService
{
    public WorkingService(HostedScript<TKey> script)
    {
        Script = script;
        script.OnCreate();
    }

    protected HostedScript<TKey> Script { get; }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        await Script.PassAsync("start", cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await Script.PassAsync("stop", cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        Script.Journal.Add("dispose");
        Script.OnDisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Script.Execute(stoppingToken);
        Script.Journal.Add("executed");
    }
}

/// <inheritdoc cref="WorkingService{TKey}"/>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class StartupWorkingService<TKey>(HostedScript<TKey> script) : WorkingService<TKey>(script), ISidecarStartup
{
    public ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        Script.Journal.Add($"hook of {context.Name}");
        return new ValueTask(Script.Start(context, ct));
    }
}
