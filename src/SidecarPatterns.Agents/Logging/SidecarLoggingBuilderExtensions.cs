using SidecarPatterns;

namespace Microsoft.Extensions.Logging;

/// <summary>Registers the log agent.</summary>
public static class SidecarLoggingBuilderExtensions
{
    /// <summary>Adds the log agent: who logs only hands over, and a sidecar makes text of it and writes it to a file.</summary>
    /// <param name="logging">The builder to add to.</param>
    /// <param name="configure">Changes its options, after the configuration section <c>Logging:Sidecar</c> was bound.</param>
    /// <returns>A builder that adds further sinks.</returns>
    /// <remarks>
    /// Without further settings it writes JSON lines to <c>logs/&lt;application&gt;-&lt;day&gt;.jsonl</c> below the content root. Levels are filtered as for
    /// every provider, in <c>Logging:Sidecar:LogLevel</c>. It starts before and drains after every hosted service and sidecar.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="logging"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">It is added already.</exception>
    public static LogSidecarBuilder AddSidecar(this ILoggingBuilder logging, Action<LogSidecarOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(logging);
        return logging.AddLogSidecarCore(configure);
    }
}
