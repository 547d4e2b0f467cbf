using System.Diagnostics.Metrics;
using System.Globalization;

namespace SidecarPatterns.Tests;

/// <summary>Random programs of measurements, beside a model that is as plain as can be.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class MetricsCollectorModelTests
{
    private const int Steps = 400;
    private const int Limit = 12;

    private static readonly double[] Bounds = [-5, 0, 1, 10];

    [Test]
    public void Collect_RandomProgram_AgreesWithTheModel([Range(1, 40)] int seed)
    {
        var random = new Random(seed);
        using var test = new CollectedMeter(static options => options.CardinalityLimit = Limit);
        var model = new Model();
        var counter = test.Meter.CreateCounter<long>("counter");
        var upDown = test.Meter.CreateUpDownCounter<double>("updown");
        var gauge = test.Meter.CreateGauge<int>("gauge");
        var histogram = test.Meter.CreateHistogram("histogram", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Bounds });
        for (var step = 0; step < Steps; step++)
        {
            var tags = RandomTags(random);
            switch (random.Next(5))
            {
                case 0:
                    var count = random.Next(0, 100);
                    counter.Add(count, tags);
                    model.Add("counter_total", tags, count);
                    break;
                case 1:
                    var change = random.Next(-100, 100) / 4.0; // Sums of quarters are exact.
                    upDown.Add(change, tags);
                    model.Add("updown", tags, change);
                    break;
                case 2:
                    var value = random.Next(-100, 100);
                    gauge.Record(value, tags);
                    model.Set("gauge", tags, value);
                    break;
                case 3:
                    var measured = random.Next(-40, 80) / 4.0;
                    histogram.Record(measured, tags);
                    model.Record("histogram", tags, measured);
                    break;
                default:
                    if (random.Next(20) == 0)
                    {
                        model.AssertIs(test.Expose());
                    }

                    break;
            }
        }

        model.AssertIs(test.Expose());
    }

    /// <summary>Up to three of four keys, with few values, in any order: more than the limit has room for.</summary>
    private static KeyValuePair<string, object?>[] RandomTags(Random random)
    {
        string[] keys = ["a", "b", "c", "d"];
        random.Shuffle(keys);
        return [.. keys.Take(random.Next(0, 4)).Select(key => CollectedMeter.Tag(key, random.Next(3) switch
        {
            0 => random.Next(2),
            1 => random.Next(2) == 0,
            _ => ((char)('x' + random.Next(2))).ToString(),
        }))];
    }

    private sealed class Model
    {
        private readonly Dictionary<string, List<string>> _series = [];
        private readonly Dictionary<string, double> _expected = [];

        public void Add(string family, KeyValuePair<string, object?>[] tags, double value) => Change(family, "", Place(family, tags), value);

        public void Set(string family, KeyValuePair<string, object?>[] tags, double value) => _expected[$"{family}{{{Place(family, tags)}}}"] = value;

        public void Record(string family, KeyValuePair<string, object?>[] tags, double value)
        {
            var labels = Place(family, tags);
            Change(family, "_sum", labels, value);
            Change(family, "_count", labels, 1);
            foreach (var bound in (double[])[.. Bounds, double.PositiveInfinity])
            {
                var le = double.IsFinite(bound) ? bound.ToString(CultureInfo.InvariantCulture) : "+Inf";
                string[] all = [.. labels.Split(',', StringSplitOptions.RemoveEmptyEntries), $"le=\"{le}\""];
                Change(family, "_bucket", string.Join(',', all.Order(StringComparer.Ordinal)), value <= bound ? 1 : 0);
            }
        }

        public void AssertIs(Exposition exposition) => Assert.That(
            _series.Keys.SelectMany(exposition.Of).ToDictionary(static sample => sample.Key, static sample => sample.Value), Is.EquivalentTo(_expected));

        // The order of tags does not matter, and those that come when there are as many as may be go to the overflow.
        private string Place(string family, KeyValuePair<string, object?>[] tags)
        {
            var labels = string.Join(',', tags.OrderBy(static tag => tag.Key).Select(static tag => $"{tag.Key}=\"{Show(tag.Value)}\""));
            if (!_series.TryGetValue(family, out var known))
            {
                _series.Add(family, known = []);
            }

            if (labels.Length == 0 || known.Contains(labels))
            {
                return labels;
            }

            if (known.Count == Limit)
            {
                return "otel_metric_overflow=\"true\"";
            }

            known.Add(labels);
            return labels;
        }

        private static object? Show(object? value) => value is bool isTrue ? isTrue ? "true" : "false" : value;

        private void Change(string family, string suffix, string labels, double by)
        {
            var key = $"{family}{suffix}{{{labels}}}";
            _expected[key] = _expected.GetValueOrDefault(key) + by;
        }
    }
}
