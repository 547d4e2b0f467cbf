using Real = System.Threading.Interlocked;

namespace SidecarPatterns;

/// <summary>Stands before the framework's: another thread may go on before each access.</summary>
internal static class Interlocked
{
    public static T CompareExchange<T>(ref T location, T value, T comparand)
    {
        Schedule.Point();
        return Real.CompareExchange(ref location, value, comparand);
    }

    public static T Exchange<T>(ref T location, T value)
    {
        Schedule.Point();
        return Real.Exchange(ref location, value);
    }

    public static int Increment(ref int location)
    {
        Schedule.Point();
        return Real.Increment(ref location);
    }

    public static long Increment(ref long location)
    {
        Schedule.Point();
        return Real.Increment(ref location);
    }

    public static int Decrement(ref int location)
    {
        Schedule.Point();
        return Real.Decrement(ref location);
    }

    public static long Decrement(ref long location)
    {
        Schedule.Point();
        return Real.Decrement(ref location);
    }

    public static int Add(ref int location, int value)
    {
        Schedule.Point();
        return Real.Add(ref location, value);
    }

    public static long Add(ref long location, long value)
    {
        Schedule.Point();
        return Real.Add(ref location, value);
    }

    public static long And(ref long location, long value)
    {
        Schedule.Point();
        return Real.And(ref location, value);
    }

    public static int And(ref int location, int value)
    {
        Schedule.Point();
        return Real.And(ref location, value);
    }

    public static long Or(ref long location, long value)
    {
        Schedule.Point();
        return Real.Or(ref location, value);
    }

    public static int Or(ref int location, int value)
    {
        Schedule.Point();
        return Real.Or(ref location, value);
    }

    public static long Read(ref readonly long location)
    {
        Schedule.Point();
        return Real.Read(in location);
    }

    public static void MemoryBarrier()
    {
        Schedule.Point();
        Real.MemoryBarrier();
    }

    public static void MemoryBarrierProcessWide()
    {
        Schedule.Point();
        Real.MemoryBarrierProcessWide();
    }
}
