using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>A lock that is held for a few instructions at a time by many threads, so that to wait for it is to spin.</summary>
/// <remarks>Part of the object that it guards: never copied, and in no read-only field.</remarks>
internal struct SpinGate
{
    private SpinLock _lock = new(enableThreadOwnerTracking: false);

    public SpinGate()
    {
    }

    /// <summary>Enters; leaves when the scope is disposed of. Not re-entrant.</summary>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Scope Enter()
    {
        var isEntered = false;
        _lock.Enter(ref isEntered);
        return new Scope(ref _lock);
    }

    /// <summary>The time inside.</summary>
    internal readonly ref struct Scope(ref SpinLock spinLock)
    {
        private readonly ref SpinLock _lock = ref spinLock;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose() => _lock.Exit(useMemoryBarrier: false);
    }
}
