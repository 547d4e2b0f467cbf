namespace SidecarPatterns.Benchmarks;

/// <summary>A process whose callers make calls, and all that it keeps for them: its own, as in reality.</summary>
internal abstract class CallerProcess(IWorld world)
{
    protected IWorld World => world;

    protected VirtualTime Time => world.Time;

    protected Random Random => world.Random;

    /// <summary>Makes a call.</summary>
    /// <returns>Whether it had a good answer.</returns>
    public abstract Task<bool> CallAsync();

    protected static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
