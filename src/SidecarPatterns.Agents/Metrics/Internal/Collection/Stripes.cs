using System.Numerics;

namespace SidecarPatterns;

/// <summary>Sums whose threads, once they have met at one number, go on at several, a cache line apart; after Doug Lea's <c>LongAdder</c>.</summary>
internal static class Stripes
{
    private const int MaxCount = 16;

    /// <summary>How many there are: a power of two.</summary>
    public static readonly int Count = (int)Math.Min(MaxCount, BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount));

    /// <summary>The one for this thread, for now.</summary>
    public static int Mine => Thread.GetCurrentProcessorId() & (Count - 1);

    /// <summary>Adds to a real number, unless another thread does so at the same moment.</summary>
    public static bool TryAdd(ref double sum, double value)
    {
        var seen = Volatile.Read(ref sum);
        var found = Interlocked.CompareExchange(ref sum, seen + value, seen);
        return BitConverter.DoubleToInt64Bits(found) == BitConverter.DoubleToInt64Bits(seen); // As the exchange compares: a sum that is NaN is itself.
    }

    /// <summary>Adds to a real number that others add to as well.</summary>
    public static void Add(ref double sum, double value)
    {
        while (!TryAdd(ref sum, value))
        {
        }
    }
}
