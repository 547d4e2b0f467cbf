namespace SidecarPatterns;

/// <summary>
/// Where a stock sink brings its lines. While the sink is not there, before the host starts and after it has stopped, those who log bring them there
/// themselves.
/// </summary>
internal abstract class LogOutlet
{
    private bool _isServed;

    /// <summary>Whether the sink is there, or was: lines go by its queue, as long as that takes any.</summary>
    public bool IsServed
    {
        get => Volatile.Read(ref _isServed);
        set => Volatile.Write(ref _isServed, value);
    }

    /// <summary>Writes one line at once. Any thread; never fails.</summary>
    public abstract void WriteNow(LogEntry entry);
}
