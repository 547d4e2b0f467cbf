namespace ConsoleApp.Agents;

/// <summary>Which of the stock sidecars were asked for.</summary>
/// <param name="Logs">The folder that the log is written to, beside the console.</param>
/// <param name="ShipLogs">Whether it is sent to the log store too.</param>
/// <param name="Metrics">The file that the metrics are written to.</param>
/// <param name="Config">Where settings come from that may change: an address, or a file.</param>
internal sealed record AgentChoice(string? Logs, bool ShipLogs, string? Metrics, string? Config);
