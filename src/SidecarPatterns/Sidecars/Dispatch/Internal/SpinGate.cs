namespace SidecarPatterns;

/// <summary>A lock that is held for a few instructions at a time by many threads, so that to wait for it is to spin.</summary>
internal sealed class SpinGate
{
    private SpinLock _lock = new(enableThreadOwnerTracking: false);

    /// <summary>Enters; leaves when the scope is disposed of. Not re-entrant.</summary>
    public Scope Enter()
    {
        var isEntered = false;
        _lock.Enter(ref isEntered);
        return new Scope(this);
    }

    /// <summary>The time inside.</summary>
    internal readonly ref struct Scope(SpinGate gate)
    {
        public void Dispose() => gate._lock.Exit(useMemoryBarrier: false);
    }
}
