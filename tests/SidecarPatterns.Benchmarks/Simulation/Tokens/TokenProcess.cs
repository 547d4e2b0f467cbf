namespace SidecarPatterns.Benchmarks;

/// <summary>A process whose callers need a token: a call is good if there is one. The first server of its world is the token endpoint.</summary>
internal abstract class TokenProcess(World world) : CallerProcess(world)
{
    /// <summary>How long a token holds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Gets the first token, and sees to the next ones until the run is over.</summary>
    public abstract void Start(TimeSpan end);

    protected Pending Ask(TimeSpan limit) => World.Send(0, limit);
}
