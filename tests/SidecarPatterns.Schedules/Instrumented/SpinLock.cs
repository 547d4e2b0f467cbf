namespace SidecarPatterns;

/// <summary>Stands before the framework's.</summary>
internal struct SpinLock
{
    private Lock? _lock;

#pragma warning disable IDE0060 // As the framework's.
    public SpinLock(bool enableThreadOwnerTracking) => _lock = new Lock();

    public void Enter(ref bool lockTaken)
    {
        (_lock ??= new Lock()).Enter();
        lockTaken = true;
    }

    public readonly void Exit(bool useMemoryBarrier) => _lock!.Exit();
#pragma warning restore IDE0060
}
