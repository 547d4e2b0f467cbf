namespace SidecarPatterns.Benchmarks;

/// <summary>The metrics agent beside OpenTelemetry's SDK: what a measurement costs the one who measures, and what a snapshot costs.</summary>
internal static class MetricsRows
{
    private const int Measurements = 400_000;
    private const int Snapshots = 20;

    public static IReadOnlyList<Row> All { get; } =
    [
        Measure("counter", static meter => new CounterContender(meter)),
        Measure("counter, 2 tags", static meter => new TaggedCounterContender(meter)),
        Measure("histogram, 2 tags", static meter => new HistogramContender(meter)),
        Measure("counter, 2 tags, 4 threads", static meter => new TaggedCounterContender(meter, threads: 4)),
        new(
            "snapshot of 10,000 series",
            Snapshots,
            static () => new SnapshotContender(new AgentListening()),
            static () => new SnapshotContender(new OpenTelemetryListening())),
    ];

    private static Row Measure(string name, Func<IListening, IContender> create) =>
        new(name, Measurements, () => create(new AgentListening()), () => create(new OpenTelemetryListening()));
}
