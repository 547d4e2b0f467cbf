namespace SidecarPatterns.Benchmarks;

/// <summary>What becomes of a message: it depends on the seed, the message and the attempt alone.</summary>
internal static class ChaosFate
{
    /// <returns>From 0 to 99.</returns>
    public static int Of(int seed, string sidecar, int number, int attempt)
    {
        // The same in every process, which HashCode is not: what SplitMix64 makes of them.
        ulong mixed = ((ulong)(uint)number << 32) + ((ulong)(uint)seed << 12) + ((ulong)sidecar[0] << 4) + (uint)attempt + 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % 100);
    }
}
