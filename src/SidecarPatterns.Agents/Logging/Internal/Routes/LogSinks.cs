namespace SidecarPatterns;

/// <summary>The sinks of one service collection, in the order of their registration. Filled while services are added, only read afterwards.</summary>
internal sealed class LogSinks
{
    public List<LogSink> All { get; } = [];
}
