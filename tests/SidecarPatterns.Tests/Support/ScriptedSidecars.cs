using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Registers sidecars that do what a script says.</summary>
internal static class ScriptedSidecars
{
    /// <summary>Adds one that just runs.</summary>
    public static ISidecarBuilder AddRun<TKey>(
        this IServiceCollection services, Script<TKey> script, string name, Action<SidecarOptions>? configure = null) =>
        services.AddSingleton(script).AddSidecar<ScriptedRun<TKey>>(name, configure);

    /// <summary>Adds one that just runs and has a start-up hook.</summary>
    public static ISidecarBuilder AddStartupRun<TKey>(
        this IServiceCollection services, Script<TKey> script, string name, Action<SidecarOptions>? configure = null) =>
        services.AddSingleton(script).AddSidecar<ScriptedStartupRun<TKey>>(name, configure);

    /// <summary>Adds one that handles messages.</summary>
    public static ISidecarBuilder<int> AddHandler<TKey>(
        this IServiceCollection services, Script<TKey> script, string name, Action<SidecarOptions>? configure = null) =>
        services.AddSingleton(script).AddSidecar<ScriptedHandler<TKey>, int>(name, configure);

    /// <summary>Adds one that handles messages and has a start-up hook.</summary>
    public static ISidecarBuilder<int> AddStartupHandler<TKey>(
        this IServiceCollection services, Script<TKey> script, string name, Action<SidecarOptions>? configure = null) =>
        services.AddSingleton(script).AddSidecar<ScriptedStartupHandler<TKey>, int>(name, configure);
}

/// <summary>Follows a script from its making to its disposal.</summary>
internal abstract class Scripted : IAsyncDisposable
{
    protected Scripted(Script script)
    {
        Script = script;
        script.OnCreate();
    }

    protected Script Script { get; }

    public ValueTask DisposeAsync() => Script.OnDisposeAsync();
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal class ScriptedRun<TKey>(Script<TKey> script) : Scripted(script), ISidecar
{
    public Task RunAsync(SidecarContext context, CancellationToken ct) => Script.Run(context, ct);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ScriptedStartupRun<TKey>(Script<TKey> script) : ScriptedRun<TKey>(script), ISidecarStartup
{
    public ValueTask StartAsync(SidecarContext context, CancellationToken ct) => new(Script.Start(context, ct));
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal class ScriptedHandler<TKey>(Script<TKey> script) : Scripted(script), ISidecar<int>
{
    public ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct) => Script.Handle(message, context, ct);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ScriptedStartupHandler<TKey>(Script<TKey> script) : ScriptedHandler<TKey>(script), ISidecarStartup
{
    public ValueTask StartAsync(SidecarContext context, CancellationToken ct) => new(Script.Start(context, ct));
}
