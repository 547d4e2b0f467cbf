using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace SidecarPatterns.Benchmarks;

/// <summary>OpenTelemetry's SDK, with its defaults but for the limit of series, and an exporter that looks at every point once.</summary>
internal sealed class OpenTelemetryListening : IListening
{
    private static int _last;

    private readonly Exporter _exporter = new();
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;

    public OpenTelemetryListening()
    {
        string name = $"Benchmark.OpenTelemetry{Interlocked.Increment(ref _last)}";
        Meter = new Meter(name);
        _reader = new BaseExportingMetricReader(_exporter);
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(name)
            .AddView(static _ => new MetricStreamConfiguration { CardinalityLimit = SnapshotContender.Series })
            .AddReader(_reader)
            .Build();
    }

    public Meter Meter { get; }

    public int Collect()
    {
        _reader.Collect();
        return _exporter.Points;
    }

    public void Dispose()
    {
        _provider.Dispose();
        Meter.Dispose();
    }

    private sealed class Exporter : BaseExporter<Metric>
    {
        public int Points { get; private set; }

        public override ExportResult Export(in OpenTelemetry.Batch<Metric> batch)
        {
            Points = 0;
            foreach (Metric metric in batch)
            {
                foreach (ref readonly MetricPoint _ in metric.GetMetricPoints())
                    Points++;
            }

            return ExportResult.Success;
        }
    }
}
