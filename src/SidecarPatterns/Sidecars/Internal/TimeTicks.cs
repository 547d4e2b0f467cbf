namespace SidecarPatterns;

/// <summary>Durations in the ticks of a clock's timestamps.</summary>
internal static class TimeTicks
{
    /// <summary>A duration in ticks, rounded up: what is due by it is never due early.</summary>
    public static long Of(TimeSpan duration, TimeProvider clock) =>
        clock.TimestampFrequency == TimeSpan.TicksPerSecond
            ? duration.Ticks
            : (long)Math.Ceiling(duration.Ticks * ((double)clock.TimestampFrequency / TimeSpan.TicksPerSecond));
}
