namespace SidecarPatterns.Benchmarks;

/// <summary>A job has failed that will succeed the next time.</summary>
public sealed class PeerJobException : Exception;
