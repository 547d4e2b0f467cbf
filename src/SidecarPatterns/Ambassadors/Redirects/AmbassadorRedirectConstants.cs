namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorRedirectOptions"/>.</summary>
internal static class AmbassadorRedirectConstants
{
    public const int MaxHops = 10;
    public const int MaxMaxHops = 100;
}
