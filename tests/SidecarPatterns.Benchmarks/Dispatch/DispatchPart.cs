namespace SidecarPatterns.Benchmarks;

/// <summary>The modes of dispatch, each beside what one would write or pick instead.</summary>
internal sealed class DispatchPart : Part
{
    private const int Messages = 200_000;
    private const int Calls = 50_000;

    public override string Name => "dispatch";

    public override IReadOnlyList<Row> Rows { get; } =
    [
        new("publish+handle, concurrency 4", Messages, static () => new ConcurrentSidecar(4), static () => new ConcurrentBlock(4)),
        new("keyed lanes", Messages, static () => new KeyedSidecar(), static () => new ChannelPerKey()),
        new("batches of 100", Messages, static () => new BatchedSidecar(), static () => new BatchedChannel()),
        new("with scope per message", Calls, static () => new ScopedSidecarContender(), static () => new ScopedChannel()),
        new("request/reply", Calls, static () => new AskedSidecar(), static () => new AskedChannel()),
    ];

    /// <summary>No slower than what one would write or pick instead.</summary>
    public override void Judge(IReadOnlyList<RowResult> rows, Goals goals)
    {
        foreach (RowResult row in rows)
            goals.AtMost($"{row.Name}: of the peer's time", 1, row.Ratio);
    }
}
