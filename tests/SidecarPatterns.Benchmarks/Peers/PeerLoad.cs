namespace SidecarPatterns.Benchmarks;

/// <summary>The work that every contender is given.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Producers">How many publish at the same time.</param>
/// <param name="Microseconds">How long a message takes, of arithmetic.</param>
/// <param name="Fails">Whether one in a thousand fails at its first attempt.</param>
/// <param name="OnHandled">Told of each that was handled.</param>
internal sealed record PeerLoad(string Name, int Producers, int Microseconds = 0, bool Fails = false, Action<PeerJob>? OnHandled = null)
{
    /// <summary>One in so many fails.</summary>
    public const int FailurePeriod = 1_000;

    public static IReadOnlyList<PeerLoad> All { get; } =
    [
        new("1 producer", 1),
        new("4 producers", 4),
        new("1 producer, 1 us of work", 1, Microseconds: 1),
        new("4 producers, 1 us of work", 4, Microseconds: 1),
        new("1 producer, one in 1,000 retried", 1, Fails: true),
        new("4 producers, one in 1,000 retried", 4, Fails: true),
    ];
}
