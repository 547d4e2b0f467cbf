namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorResolutionOptions"/>.</summary>
internal static class AmbassadorResolutionConstants
{
    /// <summary>The sidecar that asks anew.</summary>
    public const string SidecarName = "ambassadors.endpoints";

    public const double RefreshJitter = 0.2;

    public static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MinRefreshInterval = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(10);

    /// <summary>How much later than the sidecar a call notices that it is time: where there is a host, calls never do.</summary>
    public static readonly TimeSpan CallsGrace = TimeSpan.FromSeconds(2);
}
