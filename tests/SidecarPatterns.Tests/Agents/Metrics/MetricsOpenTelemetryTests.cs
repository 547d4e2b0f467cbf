using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace SidecarPatterns.Tests;

/// <summary>OpenTelemetry's SDK and the agent listen to the same instruments at once, and see the same.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class MetricsOpenTelemetryTests
{
    [Test]
    public void Collect_BothListen_TheNumbersAgree([Range(1, 10)] int seed)
    {
        var random = new Random(seed);
        using var test = new CollectedMeter(static options => options.CardinalityLimit = 10);
        using var exporter = new Exporter();
        using var reader = new BaseExportingMetricReader(exporter);
        using var provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(test.Name)
            .AddView(static _ => new MetricStreamConfiguration { CardinalityLimit = 10 })
            .AddReader(reader)
            .Build();
        var counter = test.Meter.CreateCounter<long>("counter");
        var upDown = test.Meter.CreateUpDownCounter<double>("updown");
        var gauge = test.Meter.CreateGauge<int>("gauge");
        var histogram = test.Meter.CreateHistogram<double>("histogram", "s");
        var advised = test.Meter.CreateHistogram("advised", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 10, 100] });
        test.Meter.CreateObservableCounter(
            "observed", () => Enumerable.Range(0, 3).Select(static i => new Measurement<long>(i * 7, CollectedMeter.Tag("i", i))));
        test.Meter.CreateObservableGauge("watched", static () => 2.5);
        for (var i = 0; i < 500; i++)
        {
            KeyValuePair<string, object?>[] tags =
                [CollectedMeter.Tag("a", random.Next(4)), CollectedMeter.Tag("b", random.Next(2) == 0 ? "x" : "y"), CollectedMeter.Tag("c", random.Next(2) == 0)];
            random.Shuffle(tags);
            tags = tags[..random.Next(4)];
            counter.Add(random.Next(100), tags);
            upDown.Add(random.Next(-100, 100) / 4.0, tags);
            gauge.Record(random.Next(100), tags);
            histogram.Record(random.Next(40_000) / 4.0, tags);
            advised.Record(random.Next(200), tags);
        }

        reader.Collect();

        Assert.That(Describe(test.Collector.Collect()), Is.EquivalentTo(exporter.Points));
        Assert.That(exporter.Points, Has.Some.Contains("otel.metric.overflow"));
    }

    private static IEnumerable<string> Describe(MetricsSnapshot snapshot) => snapshot.Instruments.SelectMany(static instrument => instrument.Select(series =>
    {
        var values = instrument.Kind == MetricKind.Histogram
            ? FormattableString.Invariant($"{series.Count} {series.Sum} [{string.Join(' ', series.BucketCounts.ToArray())}]")
            : FormattableString.Invariant($"{series.Value}");
        return $"{instrument.Name} {Describe(series.Tags)} {values}";
    }));

    private static string Describe(IEnumerable<KeyValuePair<string, object?>> tags) =>
        string.Join(' ', tags.OrderBy(static tag => tag.Key, StringComparer.Ordinal).Select(static tag => $"{tag.Key}={tag.Value}"));

    private sealed class Exporter : BaseExporter<Metric>
    {
        public List<string> Points { get; } = [];

        public override ExportResult Export(in OpenTelemetry.Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    Points.Add($"{metric.Name} {DescribeTags(point)} {DescribeValue(metric.MetricType, point)}");
                }
            }

            return ExportResult.Success;
        }

        private static string DescribeTags(in MetricPoint point)
        {
            var tags = new List<KeyValuePair<string, object?>>();
            foreach (var tag in point.Tags)
            {
                tags.Add(tag);
            }

            return Describe(tags);
        }

        private static string DescribeValue(MetricType type, in MetricPoint point)
        {
            if (type == MetricType.Histogram)
            {
                var counts = new List<long>();
                foreach (var bucket in point.GetHistogramBuckets())
                {
                    counts.Add(bucket.BucketCount);
                }

                return FormattableString.Invariant($"{point.GetHistogramCount()} {point.GetHistogramSum()} [{string.Join(' ', counts)}]");
            }

            return FormattableString.Invariant($"{type switch
            {
                MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
                MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
                MetricType.LongGauge => point.GetGaugeLastValueLong(),
                _ => point.GetGaugeLastValueDouble(),
            }}");
        }
    }
}
