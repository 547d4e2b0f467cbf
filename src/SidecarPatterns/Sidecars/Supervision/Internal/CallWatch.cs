namespace SidecarPatterns;

/// <summary>What the watchdog knows of a lane's call since it last looked. Its own, but for a look of a snapshot.</summary>
/// <param name="number">The number of the call.</param>
/// <param name="since">Since when it runs, as far as is known.</param>
internal sealed class CallWatch(long number, long since)
{
    public long Number => number;

    public long Since => since;

    /// <summary>Whether it has been reported as stuck.</summary>
    public bool IsReported { get; set; }
}
