using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What a source of a test does; by default it writes nothing until it is stopped.</summary>
internal sealed class SourceScript<TKey> : Script
{
    /// <summary>In <c>RunAsync</c>.</summary>
    public Func<ChannelWriter<int>, SidecarContext, CancellationToken, Task> Write { get; set; } = static (_, _, ct) => UntilCancelledAsync(ct);
}

/// <summary>Registers sources that do what a script says.</summary>
internal static class ScriptedSources
{
    public static ISidecarBuilder AddSource<TKey>(
        this IServiceCollection services, SourceScript<TKey> script, string name, Action<SidecarOptions>? configure = null) =>
        services.AddSingleton(script).AddSidecarSource<ScriptedSource<TKey>, int>(name, configure);

    /// <summary>Adds one that has a start-up hook.</summary>
    public static ISidecarBuilder AddStartupSource<TKey>(
        this IServiceCollection services, SourceScript<TKey> script, string name, Action<SidecarOptions>? configure = null) =>
        services.AddSingleton(script).AddSidecarSource<ScriptedStartupSource<TKey>, int>(name, configure);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal class ScriptedSource<TKey>(SourceScript<TKey> script) : Scripted(script), ISidecarSource<int>
{
    public Task RunAsync(ChannelWriter<int> output, SidecarContext context, CancellationToken ct) => script.Write(output, context, ct);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ScriptedStartupSource<TKey>(SourceScript<TKey> script) : ScriptedSource<TKey>(script), ISidecarStartup
{
    public ValueTask StartAsync(SidecarContext context, CancellationToken ct) => new(Script.Start(context, ct));
}
