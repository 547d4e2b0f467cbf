namespace SidecarPatterns.Tests.Host;

/// <summary>What the sidecars that fail fail with.</summary>
internal static class Cause
{
    public static readonly Exception Instance = new InvalidOperationException("the cause");
}
