using System.Numerics;

namespace SidecarPatterns;

/// <summary>Which of several places a core counts in, so that cores do not wait for each other.</summary>
internal static class Stripe
{
    // Beyond that, cores share: places are memory of every count that has them.
    private const int MaxCount = 64;

    /// <summary>How many places there are: a power of two, so that to find one's own is to mask.</summary>
    public static readonly int Count = Math.Min((int)BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount), MaxCount);

    /// <summary>The place of the core that runs this. The thread may have another one the next moment: it is a hint, never a lock.</summary>
    public static int Current => Thread.GetCurrentProcessorId() & (Count - 1);
}
