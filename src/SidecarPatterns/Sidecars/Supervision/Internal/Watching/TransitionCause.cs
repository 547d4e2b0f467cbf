namespace SidecarPatterns;

/// <summary>Why a sidecar went to a state, and how long it means to stay; the default is that nothing failed.</summary>
internal readonly record struct TransitionCause(Exception? Error, TimeSpan? RestartDelay);
