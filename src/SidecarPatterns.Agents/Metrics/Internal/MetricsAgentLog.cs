using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>What the metrics agent logs: event ids 600 to 699.</summary>
internal static partial class MetricsAgentLog
{
    [LoggerMessage(600, LogLevel.Error, "A snapshot of metrics could not be handed over to {Output}; each of the next ones is tried.", EventName = "OutputFailed")]
    public static partial void OutputFailed(ILogger logger, string output, Exception exception);

    [LoggerMessage(601, LogLevel.Information, "Snapshots of metrics are handed over to {Output} again, after {Count} that failed.", EventName = "OutputRecovered")]
    public static partial void OutputRecovered(ILogger logger, string output, long count);

    [LoggerMessage(602, LogLevel.Warning, "Instrument '{Instrument}' of meter '{Meter}' has {Limit} sets of tags: further ones count together, as otel.metric.overflow.", EventName = "CardinalityLimitReached")]
    public static partial void CardinalityLimitReached(ILogger logger, string instrument, string meter, int limit);

    [LoggerMessage(603, LogLevel.Warning, "{Count} instruments are not collected from, because there were {Limit} already.", EventName = "InstrumentsRefused")]
    public static partial void InstrumentsRefused(ILogger logger, long count, int limit);

    [LoggerMessage(604, LogLevel.Warning, "Measurements were refused, {Count} so far: below zero for a counter, no finite number, or with a tag that can not be read.", EventName = "MeasurementsRefused")]
    public static partial void MeasurementsRefused(ILogger logger, long count);

    [LoggerMessage(605, LogLevel.Error, "Of the callbacks of observable instruments {Count} failed: what they would have shown is missing.", EventName = "CallbacksFailed")]
    public static partial void CallbacksFailed(ILogger logger, int count, Exception? exception);

    [LoggerMessage(606, LogLevel.Warning, "Instrument '{Instrument}' of meter '{Meter}' is left out of the Prometheus text, where its name '{Name}' is another instrument's.", EventName = "NameClashes")]
    public static partial void NameClashes(ILogger logger, string instrument, string meter, string name);

    [LoggerMessage(607, LogLevel.Error, "A snapshot of metrics could not be taken.", EventName = "SnapshotFailed")]
    public static partial void SnapshotFailed(ILogger logger, Exception exception);

    [LoggerMessage(608, LogLevel.Warning, "{Problem}", EventName = "AgentConfigurationProblem")]
    public static partial void AgentConfigurationProblem(ILogger logger, string problem);
}
