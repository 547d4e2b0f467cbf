namespace SidecarPatterns;

/// <summary>
/// How long something has been busy in all, stretch by stretch. One thread at a time writes, any reads; one word, so that no reader sees half a step.
/// </summary>
internal struct BusyClock
{
    // Even: twice the time so far. Odd: twice the time so far less the beginning of the stretch under way, and one.
    private long _state;

    public readonly bool IsBusy => (Volatile.Read(in _state) & 1) != 0;

    /// <summary>Begins a stretch, if none is under way.</summary>
    public void Begin(long now)
    {
        if ((_state & 1) == 0)
        {
            Volatile.Write(ref _state, (((_state >> 1) - now) << 1) | 1);
        }
    }

    /// <summary>Ends the stretch under way, if there is one.</summary>
    public void End(long now)
    {
        if ((_state & 1) != 0)
        {
            Volatile.Write(ref _state, ((_state >> 1) + now) << 1);
        }
    }

    /// <summary>The time so far, the stretch under way included.</summary>
    public readonly long Read(long now)
    {
        var state = Volatile.Read(in _state);
        return (state >> 1) + ((state & 1) != 0 ? now : 0);
    }
}
