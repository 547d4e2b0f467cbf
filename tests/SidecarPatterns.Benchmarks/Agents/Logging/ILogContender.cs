using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Benchmarks;

/// <summary>A way to log to a file; disposed of once all that was accepted is there.</summary>
internal interface ILogContender : IDisposable
{
    ILogger Logger { get; }
}
