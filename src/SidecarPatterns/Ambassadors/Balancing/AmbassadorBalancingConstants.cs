namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorBalancingOptions"/> and of <see cref="AmbassadorEndpoint"/>.</summary>
internal static class AmbassadorBalancingConstants
{
    public const double Weight = 1;
    public const double MaxWeight = 1_000_000;
    public const int MaxPriority = 1_000;
    public const double MaxEjectedRatio = 0.5;
    public const int MaxEndpoints = 1024;
    public const int MaxMaxEndpoints = 65_536;

    /// <summary>How many endpoints of an ambassador have series of their own in its metrics.</summary>
    public const int MaxObserved = 128;

    /// <summary>The part of its weight with which an endpoint starts: with none it would never be asked, and never get to more.</summary>
    public const double SlowStartFloor = 0.1;

    /// <summary>An endpoint that takes no more than this times as long as another one is about as quick.</summary>
    public const double NearCost = 2;

    public static readonly TimeSpan Decay = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan SlowStart = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan FailureCost = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan KeepState = TimeSpan.FromMinutes(10);

    /// <summary>How often the median cost is worked out anew while somebody asks for it, and how soon one looks again whether a probe is free.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
}
