namespace SidecarPatterns;

/// <summary>Why a sidecar went to a state, and how long it means to stay.</summary>
internal sealed record TransitionCause(Exception? Error, TimeSpan? RestartDelay = null);
