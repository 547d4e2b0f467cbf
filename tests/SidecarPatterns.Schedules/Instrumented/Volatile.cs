namespace SidecarPatterns;

/// <summary>
/// Stands before the framework's: another thread may go on before each access. Of a schedule's threads one runs at a time, and hands over to the next behind a
/// fence: so an access needs none of its own.
/// </summary>
internal static class Volatile
{
    public static T Read<T>(ref readonly T location)
    {
        Schedule.Point();
        return location;
    }

    public static void Write<T>(ref T location, T value)
    {
        Schedule.Point();
        location = value;
    }
}
