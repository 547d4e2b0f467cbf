namespace SidecarPatterns;

/// <summary>Timestamps for ages of milliseconds and more: where the clock is the system's, at a sixth of the cost, and up to 16 ms behind.</summary>
internal readonly struct RoughClock
{
    private readonly TimeProvider _timeProvider;
    private readonly long _ticksPerMillisecond; // 0 where the clock is not the system's.
    private readonly long _offset;

    public RoughClock(TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        if (timeProvider == TimeProvider.System)
        {
            _ticksPerMillisecond = timeProvider.TimestampFrequency / 1000;
            _offset = timeProvider.GetTimestamp() - (Environment.TickCount64 * _ticksPerMillisecond);
        }
    }

    public long GetTimestamp() => _ticksPerMillisecond == 0
        ? _timeProvider.GetTimestamp()
        : (Environment.TickCount64 * _ticksPerMillisecond) + _offset;
}
