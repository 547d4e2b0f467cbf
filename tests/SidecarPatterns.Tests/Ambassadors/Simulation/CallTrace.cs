using SidecarPatterns.Benchmarks;

namespace SidecarPatterns.Tests;

/// <summary>What became of one call.</summary>
internal sealed class CallTrace
{
    /// <summary>Which servers were sent its requests, and when.</summary>
    public List<(int Server, TimeSpan At)> Sent { get; } = [];

    /// <summary>Its latest request, in the simulation.</summary>
    public Pending? UnderWay { get; set; }

    /// <summary>Whether it had a good answer, once it has ended.</summary>
    public bool? IsGood { get; set; }

    public TimeSpan EndedAt { get; set; }

    public override string ToString() => $"{(IsGood == true ? "good" : "bad")} at {EndedAt}: {string.Join(", ", Sent)}";
}
