namespace SidecarPatterns.Benchmarks;

/// <summary>What a child tells when its host has stopped.</summary>
/// <param name="Messages">The account of each sidecar.</param>
/// <param name="Calls">The ambassador's.</param>
/// <param name="Logged">How many lines the handlers have logged.</param>
/// <param name="Exchange">Questions, and versions of the settings.</param>
internal sealed record ChaosReport(IReadOnlyList<MessageAccount> Messages, CallAccount Calls, long Logged, ChaosExchange Exchange);
