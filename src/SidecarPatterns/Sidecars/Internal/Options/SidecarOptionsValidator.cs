namespace SidecarPatterns;

/// <summary>Refuses options of a sidecar that are not allowed.</summary>
internal sealed class SidecarOptionsValidator() : NamedOptionsValidator<SidecarOptions>(SidecarOptionRules.FindFailures);
