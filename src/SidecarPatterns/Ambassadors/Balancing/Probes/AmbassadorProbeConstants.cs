namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorProbeOptions"/>.</summary>
internal static class AmbassadorProbeConstants
{
    /// <summary>What the name of a client's sidecar ends with.</summary>
    public const string SidecarSuffix = ".prober";

    public const double Jitter = 0.2;
    public const int Failures = 2;
    public const int Successes = 2;
    public const int MaxInARow = 1_000;

    /// <summary>How many probes are under way at a time.</summary>
    public const int Concurrency = 16;

    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
}
