namespace SidecarPatterns;

/// <summary>Standard error, for all lines.</summary>
internal sealed class StandardErrorOutlet(LastResort standardError, StandardErrorFormat format) : LogOutlet
{
    public override void WriteNow(LogEntry entry) => standardError.Write(entry, format);

    public void Write(IReadOnlyList<LogEntry> entries) => standardError.Write(entries, format);
}
