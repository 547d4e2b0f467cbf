namespace SidecarPatterns.Benchmarks;

/// <summary>One server after the other, from any one on.</summary>
internal sealed class RoundRobin(World world)
{
    private int _next = world.Random.Next(World.Endpoints);

    public int Next() => _next++ % world.Known;
}
