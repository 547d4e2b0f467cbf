namespace SidecarPatterns;

/// <summary>Times as the framework's timers take them.</summary>
internal static class TimerTime
{
    /// <summary>What is left of a time, in whole milliseconds: timers count those, and take less than one for none, so that they would be due early. Never negative.</summary>
    public static TimeSpan Of(TimeSpan left) => TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(left.TotalMilliseconds)));
}
