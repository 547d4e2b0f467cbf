namespace SidecarPatterns;

/// <summary>Lets the lot decide, for programs that have too many schedules to go through.</summary>
/// <param name="seed">The same schedule for the same seed.</param>
internal sealed class RandomSchedule(int seed) : IChooser
{
    private readonly Random _random = new(seed);
    private readonly int _period = 2 + (seed % 12); // Some are interrupted at every other step, some seldom.

    public int ChooseAtPoint(int others) => _random.Next(_period) == 0 ? 1 + _random.Next(others) : 0;

    public int ChooseOne(int count) => _random.Next(count);
}
