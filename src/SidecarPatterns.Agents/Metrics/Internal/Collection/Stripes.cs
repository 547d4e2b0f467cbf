using System.Numerics;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>Sums whose threads, once they have met at one number, go on at several, a cache line apart; after Doug Lea's <c>LongAdder</c>.</summary>
/// <remarks>The numbers are <see cref="long"/> or <see cref="double"/>: eight bytes, which are read and written at once.</remarks>
internal static class Stripes
{
    private const int MaxCount = 16;

    /// <summary>How many there are: a power of two.</summary>
    public static readonly int Count = (int)Math.Min(MaxCount, BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount));

    /// <summary>The one for this thread, for now.</summary>
    public static int Mine => Thread.GetCurrentProcessorId() & (Count - 1);

    /// <summary>Adds to a number, unless another thread does so at the same moment.</summary>
    public static bool TryAdd<T>(ref T sum, T value)
        where T : struct, INumber<T>
    {
        var seen = Read(ref sum);
        var found = Interlocked.CompareExchange(ref sum, seen + value, seen);
        return Unsafe.BitCast<T, long>(found) == Unsafe.BitCast<T, long>(seen); // As the exchange compares: a sum that is NaN is itself.
    }

    /// <summary>Adds to a number that others add to as well.</summary>
    public static void Add<T>(ref T sum, T value)
        where T : struct, INumber<T>
    {
        if (typeof(T) == typeof(long))
        {
            Interlocked.Add(ref Unsafe.As<T, long>(ref sum), Unsafe.BitCast<T, long>(value)); // Whole numbers have one that never has to try again.
            return;
        }

        while (!TryAdd(ref sum, value))
        {
        }
    }

    /// <summary>Reads a number that others add to.</summary>
    public static T Read<T>(ref T sum)
        where T : struct, INumber<T> => Unsafe.BitCast<long, T>(Volatile.Read(ref Unsafe.As<T, long>(ref sum)));
}
