namespace SidecarPatterns;

/// <summary>Times as the framework's timers take them.</summary>
internal static class TimerTime
{
    /// <summary>
    /// What is left of a time, in whole milliseconds: timers count those, and take less than one for none, so that they would be due early. Never negative, and
    /// never longer than a timer takes.
    /// </summary>
    public static TimeSpan Of(TimeSpan left) =>
        TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(left.TotalMilliseconds), 0, SidecarConstants.MaxDuration.TotalMilliseconds));
}
