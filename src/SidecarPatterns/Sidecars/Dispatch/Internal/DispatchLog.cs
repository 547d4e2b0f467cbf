using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>What dispatch logs: event ids 200 to 299. Never the content of a message.</summary>
internal static partial class DispatchLog
{
    [LoggerMessage(200, LogLevel.Error, "Sidecar '{Sidecar}' gave up on a message after {Attempts} attempt(s): {Reason}.", EventName = "MessageDeadLettered")]
    public static partial void MessageDeadLettered(ILogger logger, string sidecar, DeadLetterReason reason, int attempts, Exception? exception);

    [LoggerMessage(201, LogLevel.Error, "The OnDropped callback of sidecar '{Sidecar}' threw.", EventName = "OnDroppedFailed")]
    public static partial void OnDroppedFailed(ILogger logger, string sidecar, Exception exception);

    [LoggerMessage(203, LogLevel.Error, "The ShouldHandle callback of sidecar '{Sidecar}' threw; the message is not retried.", EventName = "ShouldHandleFailed")]
    public static partial void ShouldHandleFailed(ILogger logger, string sidecar, Exception exception);

    [LoggerMessage(202, LogLevel.Error, "The dead-letter sink of sidecar '{Sidecar}' failed to take a letter ({Reason}); it is remembered in memory instead.", EventName = "DeadLetterSinkFailed")]
    public static partial void DeadLetterSinkFailed(ILogger logger, string sidecar, DeadLetterReason reason, Exception exception);
}
