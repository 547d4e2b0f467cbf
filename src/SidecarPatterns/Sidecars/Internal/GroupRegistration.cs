namespace SidecarPatterns;

/// <summary>What <c>AddSidecarGroup</c> remembers until the container is built.</summary>
internal sealed record GroupRegistration(string Name, SidecarGroupStrategy Strategy);
