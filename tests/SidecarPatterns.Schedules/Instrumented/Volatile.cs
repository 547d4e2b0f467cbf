using Real = System.Threading.Volatile;

namespace SidecarPatterns;

/// <summary>Stands before the framework's: another thread may go on before each access.</summary>
internal static class Volatile
{
    public static T Read<T>(ref readonly T location)
        where T : class?
    {
        Schedule.Point();
        return Real.Read(in location);
    }

    public static bool Read(ref readonly bool location)
    {
        Schedule.Point();
        return Real.Read(in location);
    }

    public static int Read(ref readonly int location)
    {
        Schedule.Point();
        return Real.Read(in location);
    }

    public static uint Read(ref readonly uint location)
    {
        Schedule.Point();
        return Real.Read(in location);
    }

    public static long Read(ref readonly long location)
    {
        Schedule.Point();
        return Real.Read(in location);
    }

    public static double Read(ref readonly double location)
    {
        Schedule.Point();
        return Real.Read(in location);
    }

    public static void Write<T>(ref T location, T value)
        where T : class?
    {
        Schedule.Point();
        Real.Write(ref location, value);
    }

    public static void Write(ref bool location, bool value)
    {
        Schedule.Point();
        Real.Write(ref location, value);
    }

    public static void Write(ref int location, int value)
    {
        Schedule.Point();
        Real.Write(ref location, value);
    }

    public static void Write(ref uint location, uint value)
    {
        Schedule.Point();
        Real.Write(ref location, value);
    }

    public static void Write(ref long location, long value)
    {
        Schedule.Point();
        Real.Write(ref location, value);
    }

    public static void Write(ref double location, double value)
    {
        Schedule.Point();
        Real.Write(ref location, value);
    }
}
