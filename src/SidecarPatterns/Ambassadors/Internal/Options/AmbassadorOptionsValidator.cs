namespace SidecarPatterns;

/// <summary>Refuses options of an ambassador that are not allowed.</summary>
internal sealed class AmbassadorOptionsValidator() : NamedOptionsValidator<AmbassadorOptions>(AmbassadorOptionRules.FindFailures);
