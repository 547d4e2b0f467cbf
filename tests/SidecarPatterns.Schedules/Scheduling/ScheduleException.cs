namespace SidecarPatterns;

/// <summary>A schedule came to something that must not be: nobody can go on, it does not end, or what it leaves is wrong.</summary>
internal sealed class ScheduleException(string message, Exception? inner = null) : Exception(message, inner);
