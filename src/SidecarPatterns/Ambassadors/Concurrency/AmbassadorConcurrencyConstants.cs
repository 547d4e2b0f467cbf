namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorConcurrencyOptions"/>.</summary>
internal static class AmbassadorConcurrencyConstants
{
    public const int MaxLimit = 1_000_000;
    public const int QueueLimit = 0;

    public static readonly TimeSpan QueueTimeout = TimeSpan.FromSeconds(1);
}
