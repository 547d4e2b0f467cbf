namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="AmbassadorContentOptions"/>.</summary>
internal static class AmbassadorContentConstants
{
    public const int BufferRequestsUpTo = 64 * 1024;
    public const int BufferResponsesUpTo = 64 * 1024;
    public const int LargeUploadFrom = 1024 * 1024;
    public const int MaxBuffer = 1024 * 1024 * 1024;

    public static readonly TimeSpan BufferResponsesFor = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan BodyIdleTimeout = TimeSpan.FromSeconds(30);
}
