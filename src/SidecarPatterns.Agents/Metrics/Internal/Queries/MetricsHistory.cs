namespace SidecarPatterns;

/// <summary>The last snapshots. One writes; those who read take no lock.</summary>
internal sealed class MetricsHistory(int capacity)
{
    private MetricsSnapshot[] _all = [];

    /// <summary>Oldest first. The array is never written again.</summary>
    public MetricsSnapshot[] All => Volatile.Read(ref _all);

    public void Add(MetricsSnapshot snapshot)
    {
        var all = _all;
        Volatile.Write(ref _all, [.. all.AsSpan(all.Length < capacity ? 0 : 1), snapshot]);
    }
}
