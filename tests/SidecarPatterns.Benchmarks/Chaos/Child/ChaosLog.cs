using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Benchmarks;

/// <summary>What a child logs.</summary>
internal static class ChaosLog
{
    public const string Event = "ChaosHandled";

    private static readonly Action<ILogger, int, string, Exception?> HandledCore =
        LoggerMessage.Define<int, string>(LogLevel.Information, new EventId(1, Event), "Message {Number} is handled by {Sidecar}");

    public static void Handled(ILogger logger, int number, string sidecar) => HandledCore(logger, number, sidecar, null);
}
