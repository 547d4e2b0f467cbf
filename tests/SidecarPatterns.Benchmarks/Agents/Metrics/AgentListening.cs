using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SidecarPatterns.Benchmarks;

/// <summary>The metrics agent's collector, with its defaults but for the limit of series.</summary>
internal sealed class AgentListening : IListening
{
    private static int _last;

    private readonly MetricsCollector _collector;

    public AgentListening()
    {
        string name = $"Benchmark.Agent{Interlocked.Increment(ref _last)}";
        Meter = new Meter(name);
        var options = new MetricsAgentOptions { RuntimeMeters = false, CardinalityLimit = SnapshotContender.Series };
        options.Meters.Add(name);
        _collector = new MetricsCollector(options, ownScope: null, TimeProvider.System, "benchmark");
        _collector.Start();
    }

    public Meter Meter { get; }

    public string? Note
    {
        get
        {
            MetricsSnapshot snapshot = _collector.Collect();
            var buffer = new ArrayBufferWriter<byte>();
            List<double> milliseconds = [];
            for (int i = 0; i < 21; i++)
            {
                buffer.ResetWrittenCount();
                long start = Stopwatch.GetTimestamp();
                snapshot.WritePrometheusText(buffer);
                milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            milliseconds.Sort();
            return FormattableString.Invariant($"writes it as Prometheus text in {milliseconds[10]:0.0} ms, {buffer.WrittenCount / 1024} KiB");
        }
    }

    public int Collect() => _collector.Collect().Instruments.Sum(static instrument => instrument.Count);

    public void Dispose()
    {
        _collector.Dispose();
        Meter.Dispose();
    }
}
