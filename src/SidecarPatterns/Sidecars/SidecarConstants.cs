using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="SidecarOptions"/> and <see cref="SidecarGroupOptions"/>, in one place.</summary>
internal static class SidecarConstants
{
    public const string SectionName = "Sidecars";
    public const string GroupSectionName = "SidecarGroups";
    public const string GovernorSectionName = "SidecarGovernor";

    public const int Capacity = 1024;
    public const int MaxCapacity = 1 << 26;
    public const BoundedChannelFullMode FullMode = BoundedChannelFullMode.Wait;
    public const int Concurrency = 1;
    public const int MaxConcurrency = 1024;
    public const int MaxAttempts = 1;
    public const int BatchSize = 100;
    public const int MaxBatchSize = 1_000_000;
    public const int MaxMaxAttempts = 1_000;
    public const double MaxMaxRate = 1_000_000_000;
    public const SidecarIsolation Isolation = SidecarIsolation.ThreadPool;
    public const SidecarPriority Priority = SidecarPriority.Normal;
    public const int MaxAbandoned = 3;
    public const int MaxMaxAbandoned = 1_000;
    public const int DeadLetterCapacity = 100;
    public const int MaxDeadLetterCapacity = 1_000_000;
    public const RestartPolicy Policy = RestartPolicy.OnFailure;
    public const int MaxRestarts = 5;
    public const int MaxMaxRestarts = 1_000_000;
    public const double RestartJitter = 0.2;

    public const double MaxCpu = 0.8;
    public const double MaxMemory = 0.9;
    public const double MinShare = 0.05;

    /// <summary>How many transitions of one sidecar can wait for a watcher.</summary>
    public const int WatchedTransitions = 256;

    public static readonly TimeSpan StartupTimeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan BatchDelay = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxRestartDelay = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan HealthyAfter = TimeSpan.FromSeconds(60);

    public static readonly TimeSpan GovernorInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest any time-out may be: what a timer takes, in whole days.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromDays(49);

    /// <summary>How long a cancelled call is waited for before it is given up on.</summary>
    public static readonly TimeSpan AbandonGrace = TimeSpan.FromSeconds(1);

    /// <summary>What each sidecar gets to drain, however little is left of the host's time.</summary>
    public static readonly TimeSpan MinDrain = TimeSpan.FromSeconds(2);

    /// <summary>How long a message may wait for a host that was never started before that is reported.</summary>
    public static readonly TimeSpan NeverStartedWarning = TimeSpan.FromSeconds(10);
}
