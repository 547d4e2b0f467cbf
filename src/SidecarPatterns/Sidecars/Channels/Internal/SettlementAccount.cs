namespace SidecarPatterns;

/// <summary>Counts what became of the messages that were taken.</summary>
/// <remarks>Written by the one thread that takes and settles, so plain additions do; read by any.</remarks>
internal sealed class SettlementAccount
{
    private long _handled;
    private long _deadLettered;
    private long _abandoned;
    private long _cancelled;

    public long Handled => Volatile.Read(ref _handled);

    public long DeadLettered => Volatile.Read(ref _deadLettered);

    public long Abandoned => Volatile.Read(ref _abandoned);

    public long Cancelled => Volatile.Read(ref _cancelled);

    public long Total => Handled + DeadLettered + Abandoned + Cancelled;

    public void Add(Settlement settlement, int count = 1)
    {
        switch (settlement)
        {
            case Settlement.Handled:
                Volatile.Write(ref _handled, _handled + count);
                break;
            case Settlement.DeadLettered:
                Volatile.Write(ref _deadLettered, _deadLettered + count);
                break;
            case Settlement.Cancelled:
                Volatile.Write(ref _cancelled, _cancelled + count);
                break;
            default:
                Volatile.Write(ref _abandoned, _abandoned + count);
                break;
        }
    }
}
