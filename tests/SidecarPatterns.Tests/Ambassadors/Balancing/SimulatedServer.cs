namespace SidecarPatterns.Tests;

/// <summary>A server of a simulation: what it answers, and when.</summary>
internal sealed class SimulatedServer(Func<TimeSpan, Random, SimulatedReply> behaviour)
{
    /// <summary>What it answers to a request that comes at a time since the beginning.</summary>
    public Func<TimeSpan, Random, SimulatedReply> Behaviour { get; set; } = behaviour;

    public double Weight { get; init; } = 1;

    public int Priority { get; init; }

    /// <summary>When requests came, since the beginning.</summary>
    public List<TimeSpan> Requests { get; } = [];

    public int Failures { get; set; }

    /// <summary>One that takes about so long: half of it to one and a half of it.</summary>
    public static SimulatedServer Good(double milliseconds, double weight = 1, int priority = 0) =>
        new((_, random) => Reply(milliseconds, random)) { Weight = weight, Priority = priority };

    public static SimulatedServer Failing(double milliseconds, AttemptClass end = AttemptClass.Failed, int priority = 0) =>
        new((_, random) => Reply(milliseconds, random) with { End = end }) { Priority = priority };

    public static SimulatedReply Reply(double milliseconds, Random random) =>
        new(TimeSpan.FromMilliseconds(milliseconds * (0.5 + random.NextDouble())), AttemptClass.Success);

    public int Between(double fromSeconds, double toSeconds) =>
        Requests.Count(at => at >= TimeSpan.FromSeconds(fromSeconds) && at < TimeSpan.FromSeconds(toSeconds));
}

/// <summary>How a server of a simulation answers.</summary>
internal readonly record struct SimulatedReply(TimeSpan Takes, AttemptClass End, TimeSpan? RetryAfter = null);
