namespace SidecarPatterns;

/// <summary>How a circuit stood at one moment.</summary>
/// <param name="State">Its state.</param>
/// <param name="Since">Since when, as a timestamp.</param>
/// <param name="RetryAfter">How long it is open still; <see langword="null"/> where that is not known.</param>
internal readonly record struct CircuitReading(CircuitState State, long Since, TimeSpan? RetryAfter);
