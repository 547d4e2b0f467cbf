using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>What the servers know of one call. Its lock guards it.</summary>
internal sealed class ServedCall
{
    /// <summary>Requests that may not be done twice.</summary>
    public int Posts { get; set; }

    /// <summary>It had a good answer.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Before this moment, by <see cref="Stopwatch.GetTimestamp"/>, it must not come again.</summary>
    public long NotBefore { get; set; }
}
