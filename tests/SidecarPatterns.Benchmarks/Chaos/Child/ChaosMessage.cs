namespace SidecarPatterns.Benchmarks;

/// <summary>What the sidecars of a child are given.</summary>
internal sealed record ChaosMessage(int Number)
{
    /// <summary>The first number of a life is a multiple of this.</summary>
    public const int NumbersOfLife = 1_000_000;
}
