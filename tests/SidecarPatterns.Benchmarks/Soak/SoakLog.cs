using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Benchmarks;

/// <summary>What the application logs.</summary>
internal static class SoakLog
{
    private static readonly Action<ILogger, int, string, Exception?> HandledCore =
        LoggerMessage.Define<int, string>(LogLevel.Information, new EventId(1, nameof(Handled)), "Message {Number} is handled by {Sidecar}");

    public static void Handled(ILogger logger, int number, string sidecar) => HandledCore(logger, number, sidecar, null);
}
