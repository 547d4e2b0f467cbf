namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="LogSidecarOptions"/>, and what else is set once.</summary>
internal static class LogSidecarConstants
{
    public const string SectionName = "Logging:Sidecar";
    public const string ProviderAlias = "Sidecar";
    public const string StandardErrorName = AgentNames.Log + "-stderr";

    public const bool FileEnabled = true;
    public const string Folder = "logs";
    public const long MaxBytes = 100L << 20;
    public const int MaxFiles = 31;
    public const long MaxTotalBytes = 1L << 30;
    public const long MinSize = 1024;
    public const long MaxSize = 1L << 40;
    public const int MaxMaxFiles = 100_000;

    /// <summary>How many lines can wait, in each sink.</summary>
    public const int Capacity = 65_536;

    /// <summary>How many lines a sink of ours is given at a time: some 500 KiB, so that they go into one write.</summary>
    public const int BatchSize = 2_048;

    /// <summary>How many bytes are written to the file at a time. For each byte, ten large writes cost half of what a hundred small ones do.</summary>
    public const int ChunkBytes = 512 << 10;

    /// <summary>How many bytes are written to standard error at a time: what a pipe takes.</summary>
    public const int StandardErrorBytes = 64 << 10;

    public static readonly TimeSpan MaxMaxAge = TimeSpan.FromDays(36_500);

    /// <summary>How often sinks look for lines.</summary>
    public static readonly TimeSpan BatchInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>How often it is looked whether the file is still where it was.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>What a sink of the user's is given at a time, and how often.</summary>
    public const int UserBatchSize = 1_000;

    public static readonly TimeSpan UserBatchInterval = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);
    public static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(10);

    /// <summary>How often standard error is told that lines can not be written.</summary>
    public static readonly TimeSpan TellInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long after a loss it is told of, where no line comes that could tell of it before.</summary>
    public static readonly TimeSpan LossDelay = TimeSpan.FromSeconds(1);

    /// <summary>How long a process that crashes waits for its lines to be written.</summary>
    public static readonly TimeSpan CrashFlush = TimeSpan.FromSeconds(5);
}
