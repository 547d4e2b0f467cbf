namespace SidecarPatterns;

/// <summary>The one place for a request that finds out whether an endpoint has recovered. Guarded by its owner's lock.</summary>
internal sealed class ProbeSlot
{
    private long _given;
    private long _holder; // 0 if there is none.
    private long _expiresAt;

    /// <summary>Takes the place, if it is free or its holder has had it for too long.</summary>
    /// <returns>The number of the probe; 0 if there is none.</returns>
    public long TryTake(long now, long ticks)
    {
        if (_holder != 0 && now < _expiresAt)
        {
            return 0;
        }

        _expiresAt = now + ticks;
        return _holder = ++_given;
    }

    /// <summary>Gives the place back, unless it is another one's by now.</summary>
    public void Return(long probe)
    {
        if (_holder == probe)
        {
            _holder = 0;
        }
    }

    public void Clear() => _holder = 0;
}
