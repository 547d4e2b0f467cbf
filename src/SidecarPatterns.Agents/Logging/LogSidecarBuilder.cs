using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>Adds sinks to the log agent. Not thread-safe, as no registration is.</summary>
public sealed class LogSidecarBuilder : ISidecarBuilder
{
    private readonly LogSinks _sinks;

    internal LogSidecarBuilder(IServiceCollection services, LogSinks sinks) => (Services, _sinks) = (services, sinks);

    /// <summary>The name of the sidecar that writes the file: <see cref="AgentNames.Log"/>.</summary>
    public string Name => AgentNames.Log;

    /// <inheritdoc/>
    public IServiceCollection Services { get; }

    /// <summary>Adds a sink of your own: a sidecar with a queue of its own, which is given every line in batches.</summary>
    /// <typeparam name="TSink">The sink; taken from the container if it is registered there, else made with its dependencies injected.</typeparam>
    /// <param name="name">Its name, as that of any sidecar; by default that of its type.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Sidecars:&lt;name&gt;</c> was bound.</param>
    /// <returns>A builder for further settings of the sink, such as what it depends on, or where its dead letters go.</returns>
    /// <remarks>
    /// <para>
    /// Its defaults differ from those of other sidecars: a queue of 65,536 lines that drops those which find no room, batches of up to 1,000 lines once a
    /// second, and it is optional: its failure does not stop the host. Like the agent itself it starts before and drains after the application.
    /// </para>
    /// <para>
    /// What it logs itself, while it handles a batch, goes to the file and to standard error, but to no sink of yours: it would come back for ever. Where it
    /// needs other sidecars, such as those of an ambassador, name them with <see cref="SidecarBuilderExtensions.DependsOn"/>.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentException">The name is not allowed, or is taken.</exception>
    public ISidecarBuilder<LogEntry> AddSink<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSink>(
        string? name = null, Action<SidecarOptions>? configure = null)
        where TSink : class, IBatchSidecar<LogEntry>
    {
        var sink = Services.AddBatchSidecar<TSink, LogEntry>(name, configure).StartsFirst();
        Services.AddLogSinkDefaults(sink.Name, LogSidecarConstants.UserBatchSize, LogSidecarConstants.UserBatchInterval, isCritical: false);
        _sinks.All.Add(new LogSink(sink.Name, static _ => null, IsUsers: true));
        return sink;
    }

    /// <summary>Writes every line to standard error too, by a sidecar named <c>log-agent-stderr</c>.</summary>
    /// <param name="format">How lines look.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">It is added already.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="format"/> is none.</exception>
    public LogSidecarBuilder AddStandardError(StandardErrorFormat format = StandardErrorFormat.Plain)
    {
        if (!Enum.IsDefined(format))
        {
            throw new ArgumentOutOfRangeException(nameof(format), format, "Allowed are Plain and Json.");
        }

        Services.AddBatchSidecar<StandardErrorSink, LogEntry>(LogSidecarConstants.StandardErrorName).StartsFirst()
            .DeadLettersTo(static services => new AbandonedLines(services.GetRequiredService<StandardErrorOutlet>()));
        Services.AddLogSinkDefaults(LogSidecarConstants.StandardErrorName, LogSidecarConstants.BatchSize, LogSidecarConstants.BatchInterval, isCritical: true);
        Services.AddSingleton(services => new StandardErrorOutlet(services.GetRequiredService<LastResort>(), format));
        _sinks.All.Add(new LogSink(
            LogSidecarConstants.StandardErrorName, static services => services.GetRequiredService<StandardErrorOutlet>(), IsUsers: false));
        return this;
    }
}
