namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorOptions"/> that belong to no single stage.</summary>
internal static class AmbassadorConstants
{
    public const string SectionName = "Ambassadors";

    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan MinAttemptTime = TimeSpan.FromMilliseconds(10);
    public static readonly TimeSpan CancellationGrace = TimeSpan.FromSeconds(1);

    /// <summary>The longest duration that a timer takes.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromDays(49);
}
