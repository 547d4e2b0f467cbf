namespace SidecarPatterns.Benchmarks;

/// <summary>The configuration agent beside <c>AddJsonFile</c>, over the same file of 10,000 keys; a call is a swap, a look-up, a section.</summary>
internal static class ConfigurationRows
{
    private const int Keys = 10_000;

    public static IReadOnlyList<Row> All { get; } =
    [
        new("swap of 10,000 keys, 100 differ", 20, static () => new AgentSwap(Keys, differing: 100), static () => new JsonSwap(Keys, differing: 100)),
        new("swap of 10,000 keys, all differ", 20, static () => new AgentSwap(Keys, differing: Keys), static () => new JsonSwap(Keys, differing: Keys)),
        new("swap and one section, 100 differ", 20, static () => new SwapAndLook(new AgentSwap(Keys, 100)), static () => new SwapAndLook(new JsonSwap(Keys, 100))),
        new("look-up of a key among 10,000", 100 * Keys, static () => new LookUp(new AgentSwap(Keys, 100)), static () => new LookUp(new JsonSwap(Keys, 100))),
        new("children of a section among 10,000", 2_000, static () => new Children(new AgentSwap(Keys, 100)), static () => new Children(new JsonSwap(Keys, 100))),
    ];
}
