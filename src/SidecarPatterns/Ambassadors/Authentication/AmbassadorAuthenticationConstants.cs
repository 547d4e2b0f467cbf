namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorAuthenticationOptions"/>, and of tokens.</summary>
internal static class AmbassadorAuthenticationConstants
{
    public const double RefreshAheadRatio = 0.2;
    public const double RefreshJitter = 0.1;
    public const double RetryJitter = 0.2;
    public const double RetryAfterJitter = 0.1;

    /// <summary>What a token's response may have; one that is larger is none.</summary>
    public const int MaxTokenResponse = 256 * 1024;

    public static readonly TimeSpan AcquireTimeout = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan RefreshAhead = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan ExpiryMargin = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxRetryAfterJitter = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MaxRejectedDelay = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan RenewalPause = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MaxRenewalPause = TimeSpan.FromMinutes(10);

    /// <summary>What a token holds whose issuer does not say.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(5);

    /// <summary>What an issuer is believed at most: one request a day costs nothing, and an absurd number does no harm.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(1);
}
