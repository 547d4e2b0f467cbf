using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>What a configuration agent logs: event ids 700 to 799. Keys are named, values never.</summary>
internal static partial class ConfigurationAgentLog
{
    [LoggerMessage(700, LogLevel.Information, "Configuration agent '{Sidecar}' has version {Version} of {Source} in force: {Added} key(s) new, {Changed} changed, {Removed} gone ({Keys}).", EventName = "VersionAdopted")]
    public static partial void VersionAdopted(ILogger logger, string sidecar, long version, string source, int added, int changed, int removed, string keys);

    [LoggerMessage(701, LogLevel.Error, "Configuration agent '{Sidecar}' has refused a version of {Source} and stays with version {Version}: {Problem}.", EventName = "VersionRefused")]
    public static partial void VersionRefused(ILogger logger, string sidecar, string source, long version, string problem);

    [LoggerMessage(702, LogLevel.Warning, "Configuration agent '{Sidecar}' gets nothing of {Source} and stays with version {Version}: {Problem}.", EventName = "SourceAway")]
    public static partial void SourceAway(ILogger logger, string sidecar, string source, long version, string problem);

    [LoggerMessage(703, LogLevel.Information, "Configuration agent '{Sidecar}' is in order with {Source} again, after {Count} look(s) that were not.", EventName = "SourceBack")]
    public static partial void SourceBack(ILogger logger, string sidecar, string source, long count);

    [LoggerMessage(704, LogLevel.Warning, "Configuration agent '{Sidecar}' has started with the copy of {Written:u}: {Problem}.", EventName = "StartedWithCopy")]
    public static partial void StartedWithCopy(ILogger logger, string sidecar, DateTimeOffset written, string problem);

    [LoggerMessage(705, LogLevel.Warning, "Configuration agent '{Sidecar}' has started without a version: {Problem}.", EventName = "StartedWithoutVersion")]
    public static partial void StartedWithoutVersion(ILogger logger, string sidecar, string problem);

    [LoggerMessage(706, LogLevel.Warning, "Configuration agent '{Sidecar}' can not write the copy of its version: {Problem}. It is tried again with each look.", EventName = "CopyNotWritten")]
    public static partial void CopyNotWritten(ILogger logger, string sidecar, string problem);

    [LoggerMessage(707, LogLevel.Error, "Who listens for changes of the configuration has failed on version {Version} of configuration agent '{Sidecar}', which is in force all the same: {Problem}.", EventName = "ListenerFailed")]
    public static partial void ListenerFailed(ILogger logger, string sidecar, long version, string problem);

    [LoggerMessage(708, LogLevel.Information, "Configuration agent '{Sidecar}' is not told of changes and looks at its interval alone: {Problem}", EventName = "NotWatched")]
    public static partial void NotWatched(ILogger logger, string sidecar, string problem);

    [LoggerMessage(709, LogLevel.Error, "The source of configuration agent '{Sidecar}' has ended: version {Version} stays. {Problem}", EventName = "SourceEnded")]
    public static partial void SourceEnded(ILogger logger, string sidecar, long version, string problem);

    [LoggerMessage(710, LogLevel.Error, "The new options of configuration agent '{Sidecar}' are wrong, and the ones before stay in force: {Problem}", EventName = "AgentOptionsRefused")]
    public static partial void AgentOptionsRefused(ILogger logger, string sidecar, string problem);

    [LoggerMessage(711, LogLevel.Warning, "{Problem}", EventName = "UnknownAgentOption")]
    public static partial void UnknownAgentOption(ILogger logger, string problem);
}
