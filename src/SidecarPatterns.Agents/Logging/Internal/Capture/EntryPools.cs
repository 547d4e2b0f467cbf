namespace SidecarPatterns;

/// <summary>Bounds what all pools of entries keep together.</summary>
internal static class EntryPools
{
    private const int MaxChains = 1024; // Some 65,000 entries.

    private static int _chains;

    /// <summary>Whether one more chain may be kept; it counts as kept then.</summary>
    public static bool MayKeep()
    {
        if (Interlocked.Increment(ref _chains) <= MaxChains)
        {
            return true;
        }

        CountTaken();
        return false;
    }

    public static void CountTaken() => Interlocked.Decrement(ref _chains);
}
