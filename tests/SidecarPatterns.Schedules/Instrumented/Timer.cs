namespace SidecarPatterns;

/// <summary>Stands before the framework's, and never fires: a thread that no schedule knows would come between the others.</summary>
#pragma warning disable CS9113 // As the framework's.
internal sealed class Timer(TimerCallback callback, object? state, int dueTime, int period) : IDisposable
#pragma warning restore CS9113
{
#pragma warning disable CA1822, IDE0060 // As the framework's.
    public bool Change(int dueTime, int period) => true;
#pragma warning restore CA1822, IDE0060

    public void Dispose()
    {
    }
}
