namespace SidecarPatterns;

/// <summary>How restarts may follow each other, of one sidecar or of a group.</summary>
internal readonly record struct RestartLimits(TimeSpan Delay, TimeSpan MaxDelay, int MaxRestarts, TimeSpan HealthyAfter)
{
    public static RestartLimits Of(SidecarOptions options) =>
        new(options.RestartDelay, options.MaxRestartDelay, options.MaxRestarts, options.HealthyAfter);

    public static RestartLimits Of(SidecarGroupOptions options) =>
        new(options.RestartDelay, options.MaxRestartDelay, options.MaxRestarts, options.HealthyAfter);
}
