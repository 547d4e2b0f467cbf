using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>What supervision logs: event ids 100 to 199.</summary>
internal static partial class SupervisionLog
{
    [LoggerMessage(100, LogLevel.Debug, "Sidecar '{Sidecar}' went from {Previous} to {State}.", EventName = "StateChanged")]
    public static partial void StateChanged(ILogger logger, string sidecar, SidecarState previous, SidecarState state);

    [LoggerMessage(101, LogLevel.Error, "Sidecar '{Sidecar}' failed (incarnation {Incarnation}, {InRow} in a row); it is restarted in {Delay}.", EventName = "RestartPlanned")]
    public static partial void RestartPlanned(ILogger logger, string sidecar, int incarnation, int inRow, TimeSpan delay, Exception? exception);

    [LoggerMessage(102, LogLevel.Critical, "Critical sidecar '{Sidecar}' failed for good: the host stops.", EventName = "CriticalSidecarFailed")]
    public static partial void CriticalSidecarFailed(ILogger logger, string sidecar, Exception exception);

    [LoggerMessage(103, LogLevel.Error, "Optional sidecar '{Sidecar}' failed for good; the application goes on without it.", EventName = "OptionalSidecarFailed")]
    public static partial void OptionalSidecarFailed(ILogger logger, string sidecar, Exception exception);

    [LoggerMessage(104, LogLevel.Error, "Sidecar '{Sidecar}' did not end in time and was abandoned.", EventName = "SidecarAbandoned")]
    public static partial void SidecarAbandoned(ILogger logger, string sidecar);

    [LoggerMessage(105, LogLevel.Error, "Sidecar '{Sidecar}' had {Count} message(s) left when its time to drain was over; they are abandoned.", EventName = "MessagesAbandoned")]
    public static partial void MessagesAbandoned(ILogger logger, string sidecar, long count);

    [LoggerMessage(106, LogLevel.Error, "Disposing of an instance of sidecar '{Sidecar}' failed.", EventName = "DisposeFailed")]
    public static partial void DisposeFailed(ILogger logger, string sidecar, Exception exception);

    [LoggerMessage(107, LogLevel.Error, "Disposing of an instance of sidecar '{Sidecar}' does not end; it is left alone.", EventName = "DisposeHangs")]
    public static partial void DisposeHangs(ILogger logger, string sidecar);

    [LoggerMessage(108, LogLevel.Warning, "Optional sidecar '{Sidecar}' was not ready within {Limit}; the application goes on.", EventName = "NotReadyInTime")]
    public static partial void NotReadyInTime(ILogger logger, string sidecar, TimeSpan limit);

    [LoggerMessage(109, LogLevel.Error, "Sidecar '{Sidecar}' failed while it was stopping.", EventName = "FailedWhileStopping")]
    public static partial void FailedWhileStopping(ILogger logger, string sidecar, Exception exception);

    [LoggerMessage(110, LogLevel.Warning, "HostOptions.ServicesStartConcurrently is on: other hosted services may start before the sidecars are ready.", EventName = "ConcurrentStart")]
    public static partial void ConcurrentStart(ILogger logger);

    [LoggerMessage(111, LogLevel.Warning, "{Problem}", EventName = "ConfigurationProblem")]
    public static partial void ConfigurationProblem(ILogger logger, string problem);

    [LoggerMessage(112, LogLevel.Warning, "Messages for sidecar '{Sidecar}' wait for a host that has not been started for {Duration}: they are handled once it is.", EventName = "HostNeverStarted")]
    public static partial void HostNeverStarted(ILogger logger, string sidecar, TimeSpan duration);

    [LoggerMessage(113, LogLevel.Error, "The host was disposed of without being stopped: sidecar '{Sidecar}' was ended with {Count} message(s) abandoned.", EventName = "DisposedWithoutStop")]
    public static partial void DisposedWithoutStop(ILogger logger, string sidecar, long count);

    [LoggerMessage(114, LogLevel.Warning, "The service of sidecar '{Sidecar}' is registered as a hosted service too, so it runs twice: remove one of the two registrations.", EventName = "RunsTwice")]
    public static partial void RunsTwice(ILogger logger, string sidecar);

    [LoggerMessage(115, LogLevel.Error, "A handler of sidecar '{Sidecar}' has been at one {MessageType} for {Duration} and has not ended.", EventName = "HandlerStuck")]
    public static partial void HandlerStuck(ILogger logger, string sidecar, string messageType, TimeSpan duration);

    [LoggerMessage(116, LogLevel.Warning, "The process uses {Cpu:P0} of its CPU time and {Memory:P0} of its memory: sidecars give way.", EventName = "GovernorBegan")]
    public static partial void GovernorBegan(ILogger logger, double cpu, double memory);

    [LoggerMessage(117, LogLevel.Information, "The process has room again: sidecars have all of their time.", EventName = "GovernorEnded")]
    public static partial void GovernorEnded(ILogger logger);

    [LoggerMessage(118, LogLevel.Error, "The new options of sidecar '{Sidecar}' are wrong, and the ones before stay in force: {Problem}", EventName = "OptionsRefused")]
    public static partial void OptionsRefused(ILogger logger, string sidecar, string problem);

    [LoggerMessage(119, LogLevel.Information, "Options of sidecar '{Sidecar}' have changed: {Changes}.", EventName = "OptionsChanged")]
    public static partial void OptionsChanged(ILogger logger, string sidecar, string changes);

    [LoggerMessage(120, LogLevel.Warning, "Group '{Group}' restarts {Members}, since sidecar '{Sidecar}' ended.", EventName = "GroupRestarts")]
    public static partial void GroupRestarts(ILogger logger, string group, string members, string sidecar);

    [LoggerMessage(121, LogLevel.Error, "Sidecar '{Sidecar}' did not end within {Limit} for the restart of its group '{Group}', which goes on without it.", EventName = "GroupMemberHangs")]
    public static partial void GroupMemberHangs(ILogger logger, string sidecar, string group, TimeSpan limit);

    [LoggerMessage(122, LogLevel.Error, "Sidecar '{Sidecar}' was ended for good along with its group '{Group}'.", EventName = "FailedWithGroup")]
    public static partial void FailedWithGroup(ILogger logger, string sidecar, string group, Exception exception);

    [LoggerMessage(123, LogLevel.Error, "The new options of group '{Group}' are wrong, and the ones before stay in force: {Problem}", EventName = "GroupOptionsRefused")]
    public static partial void GroupOptionsRefused(ILogger logger, string group, string problem);

    [LoggerMessage(124, LogLevel.Information, "Options of group '{Group}' have changed: {Changes}.", EventName = "GroupOptionsChanged")]
    public static partial void GroupOptionsChanged(ILogger logger, string group, string changes);
}
