namespace SidecarPatterns;

/// <summary>Refuses options of a group that are not allowed.</summary>
internal sealed class SidecarGroupOptionsValidator() : NamedOptionsValidator<SidecarGroupOptions>(SidecarGroupOptionRules.FindFailures);
