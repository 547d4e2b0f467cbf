namespace SidecarPatterns;

/// <summary>The sidecar that writes lines to standard error.</summary>
internal sealed class StandardErrorSink(StandardErrorOutlet outlet) : IBatchSidecar<LogEntry>, ISidecarStartup
{
    public ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        outlet.IsServed = true;
        return default;
    }

    public ValueTask HandleAsync(IReadOnlyList<LogEntry> batch, SidecarContext context, CancellationToken ct)
    {
        outlet.Write(batch);
        LogEntry.Release(batch, ct);
        return default;
    }
}
