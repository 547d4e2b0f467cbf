namespace SidecarPatterns;

/// <summary>The failure for good of a member, which takes its group down.</summary>
/// <param name="Origin">The member.</param>
/// <param name="Cause">What it failed with.</param>
internal sealed record GroupFall(SidecarSupervisor Origin, Exception Cause);
