namespace SidecarPatterns;

/// <summary>One of those to whom snapshots are handed over.</summary>
internal interface IMetricsOutput
{
    /// <summary>What it is called in the log and as a tag.</summary>
    string Name { get; }

    /// <summary>Hands a snapshot over; fails by throwing.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="isLast">Whether there will be no other that says more.</param>
    ValueTask WriteAsync(MetricsSnapshot snapshot, bool isLast);
}
