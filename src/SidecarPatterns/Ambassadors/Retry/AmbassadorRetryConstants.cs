namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorRetryOptions"/>.</summary>
internal static class AmbassadorRetryConstants
{
    public const int MaxAttempts = 3;
    public const int MaxMaxAttempts = 100;
    public const double RetryAfterJitter = 0.1;

    public static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);
    public static readonly TimeSpan ThrottledDelay = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);
    public static readonly TimeSpan MaxRetryAfterJitter = TimeSpan.FromSeconds(1);
}
