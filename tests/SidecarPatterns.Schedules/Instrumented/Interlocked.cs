using System.Numerics;

namespace SidecarPatterns;

/// <summary>
/// Stands before the framework's: another thread may go on before each access, but not within it, for of a schedule's threads one runs at a time.
/// </summary>
internal static class Interlocked
{
    public static T CompareExchange<T>(ref T location, T value, T comparand)
    {
        Schedule.Point();
        return System.Threading.Interlocked.CompareExchange(ref location, value, comparand);
    }

    public static T Exchange<T>(ref T location, T value) => Change(ref location, _ => value).Before;

    public static T Increment<T>(ref T location)
        where T : IBinaryInteger<T> => Add(ref location, T.One);

    public static T Decrement<T>(ref T location)
        where T : IBinaryInteger<T> => Add(ref location, -T.One);

    public static T Add<T>(ref T location, T value)
        where T : IBinaryInteger<T> => Change(ref location, before => before + value).After;

    public static T And<T>(ref T location, T value)
        where T : IBinaryInteger<T> => Change(ref location, before => before & value).Before;

    public static T Or<T>(ref T location, T value)
        where T : IBinaryInteger<T> => Change(ref location, before => before | value).Before;

    public static T Read<T>(ref readonly T location) => Volatile.Read(in location);

    public static void MemoryBarrier() => Schedule.Point();

    public static void MemoryBarrierProcessWide() => Schedule.Point();

    private static (T Before, T After) Change<T>(ref T location, Func<T, T> change)
    {
        Schedule.Point();
        var before = location;
        location = change(before);
        return (before, location);
    }
}
