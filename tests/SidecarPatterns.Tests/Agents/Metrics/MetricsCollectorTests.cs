using System.Diagnostics.Metrics;

namespace SidecarPatterns.Tests;

/// <summary>What is collected from instruments of every kind.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class MetricsCollectorTests
{
    [Test]
    public void Collect_EveryKindOfEveryType_ShowsWhatWasMeasured()
    {
        using var test = new CollectedMeter();
        MeasureAll<byte>(test.Meter, 2, 3);
        MeasureAll<short>(test.Meter, 2, 3);
        MeasureAll(test.Meter, 2, 3);
        MeasureAll(test.Meter, 2L, 3L);
        MeasureAll(test.Meter, 2f, 3f);
        MeasureAll(test.Meter, 2d, 3d);
        MeasureAll(test.Meter, 2m, 3m);

        var exposition = test.Expose();

        using (Assert.EnterMultipleScope())
        {
            foreach (var type in (string[])["Byte", "Int16", "Int32", "Int64", "Single", "Double", "Decimal"])
            {
                Assert.That(exposition.Of($"{type}_counter_total").Values, Is.EqualTo([5]), type);
                Assert.That(exposition.Of($"{type}_updown").Values, Is.EqualTo([5]), type);
                Assert.That(exposition.Of($"{type}_gauge").Values, Is.EqualTo([3]), type);
                Assert.That(exposition.Of($"{type}_histogram")[$"{type}_histogram_count{{}}"], Is.EqualTo(2), type);
                Assert.That(exposition.Of($"{type}_histogram")[$"{type}_histogram_sum{{}}"], Is.EqualTo(5), type);
                Assert.That(exposition.Of($"{type}_observable_counter_total").Values, Is.EqualTo([2]), type);
                Assert.That(exposition.Of($"{type}_observable_updown").Values, Is.EqualTo([2]), type);
                Assert.That(exposition.Of($"{type}_observable_gauge").Values, Is.EqualTo([2]), type);
            }
        }
    }

    [Test]
    public void Collect_TagsInAnotherOrder_AreOneSeries()
    {
        using var test = new CollectedMeter();
        var counter = test.Meter.CreateCounter<int>("orders");

        counter.Add(1, CollectedMeter.Tag("a", 1), CollectedMeter.Tag("b", "x"), CollectedMeter.Tag("c", true));
        counter.Add(2, CollectedMeter.Tag("c", true), CollectedMeter.Tag("b", "x"), CollectedMeter.Tag("a", 1));
        counter.Add(4, CollectedMeter.Tag("b", "x"), CollectedMeter.Tag("a", 1), CollectedMeter.Tag("c", true));
        counter.Add(8, CollectedMeter.Tag("a", 2), CollectedMeter.Tag("b", "x"), CollectedMeter.Tag("c", true));

        Assert.That(test.Show("orders_total"), Is.EquivalentTo([
            """orders_total{a="1",b="x",c="true"} 7""",
            """orders_total{a="2",b="x",c="true"} 8""",
        ]));
    }

    [Test]
    public void Collect_TagsThatReadTheSame_AreOneSeries()
    {
        using var test = new CollectedMeter();
        var counter = test.Meter.CreateCounter<int>("orders");

        counter.Add(1, CollectedMeter.Tag("http.status", 200));
        counter.Add(2, CollectedMeter.Tag("http.status", "200"));
        counter.Add(4, CollectedMeter.Tag("http.status", 200L));
        counter.Add(8, CollectedMeter.Tag("http_status", 200));
        counter.Add(16, CollectedMeter.Tag("http.status", null));
        counter.Add(32);

        Assert.That(test.Show("orders_total"), Is.EquivalentTo(["""orders_total{http_status="200"} 15""", "orders_total{} 48"]));
    }

    [Test]
    public void Collect_KeyTwiceAndValuesThatAreObjects_CountByTheLastAndByTheirText()
    {
        using var test = new CollectedMeter();
        var counter = test.Meter.CreateCounter<int>("orders");

        counter.Add(1, CollectedMeter.Tag("a", 1), CollectedMeter.Tag("a", 2));
        counter.Add(2, CollectedMeter.Tag("a", 2));
        for (var i = 0; i < 3; i++)
        {
            counter.Add(1, CollectedMeter.Tag("list", (string[])["x", "y"]));
            counter.Add(1, CollectedMeter.Tag("uri", new Uri("http://one.test/")));
        }

        Assert.That(test.Collector.Collect().Instruments[0].Select(Describe), Is.EquivalentTo([
            "a=2: 3",
            "list=[\"x\",\"y\"]: 3",
            "uri=http://one.test/: 3",
        ]));
    }

    [Test]
    public void Collect_TagThatThrows_IsRefusedAndCountedAndTheCallerKnowsNothing()
    {
        using var test = new CollectedMeter();
        var counter = test.Meter.CreateCounter<int>("orders");

        Assert.That(() => counter.Add(1, CollectedMeter.Tag("a", new Hostile())), Throws.Nothing);
        counter.Add(2);

        var snapshot = test.Collector.Collect();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.RefusedMeasurements, Is.EqualTo(1));
            Assert.That(snapshot.Instruments[0].Select(Describe), Is.EqualTo([": 2"]));
        }
    }

    [Test]
    public void Collect_NumbersThatWouldSpoilASum_AreRefused()
    {
        using var test = new CollectedMeter();
        var counter = test.Meter.CreateCounter<double>("counter");
        var histogram = test.Meter.CreateHistogram<double>("histogram");
        var gauge = test.Meter.CreateGauge<double>("gauge");
        foreach (var value in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
        {
            counter.Add(value);
            histogram.Record(value);
            gauge.Record(value);
        }

        counter.Add(-1);
        counter.Add(1);
        histogram.Record(-1);

        var exposition = test.Expose();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(test.Collector.Collect().RefusedMeasurements, Is.EqualTo(7));
            Assert.That(exposition.Of("counter_total").Values, Is.EqualTo([1]));
            Assert.That(exposition.Of("histogram")["histogram_sum{}"], Is.EqualTo(-1));
            Assert.That(exposition.Of("gauge").Values, Is.EqualTo([double.NegativeInfinity]));
        }
    }

    [Test]
    public void Collect_MoreSetsOfTagsThanTheLimit_TheRestIsInTheOverflow()
    {
        using var test = new CollectedMeter(static options => options.CardinalityLimit = 3);
        var counter = test.Meter.CreateCounter<int>("orders");
        var size = 0;
        test.Meter.CreateObservableUpDownCounter(
            "sizes", () => Enumerable.Range(0, size).Select(static i => new Measurement<int>(10, CollectedMeter.Tag("i", i))));

        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 5; i++)
            {
                counter.Add(1, CollectedMeter.Tag("i", i));
            }

            counter.Add(100);
        }

        size = 5;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(test.Show("orders_total"), Is.EquivalentTo([
                """orders_total{i="0"} 2""", """orders_total{i="1"} 2""", """orders_total{i="2"} 2""", "orders_total{} 200",
                """orders_total{otel_metric_overflow="true"} 4""",
            ]));
            Assert.That(test.Show("sizes"), Is.EquivalentTo([
                """sizes{i="0"} 10""", """sizes{i="1"} 10""", """sizes{i="2"} 10""", """sizes{otel_metric_overflow="true"} 20""",
            ]));
            Assert.That(test.Collector.FindOverflows().Select(static info => info.Name), Is.EqualTo(["orders", "sizes"]));
        }
    }

    [Test]
    public void Collect_ObservedSeriesThatIsGone_IsForgottenAndLeavesItsPlace()
    {
        using var test = new CollectedMeter(static options => options.CardinalityLimit = 2);
        int[] present = [1, 2];
        test.Meter.CreateObservableGauge("rooms", () => present.Select(static i => new Measurement<int>(i, CollectedMeter.Tag("i", i))));

        Assert.That(test.Show("rooms"), Is.EquivalentTo(["""rooms{i="1"} 1""", """rooms{i="2"} 2"""]));
        present = [2, 3];
        Assert.That(test.Show("rooms"), Is.EquivalentTo(["""rooms{i="2"} 2""", """rooms{otel_metric_overflow="true"} 3"""]));
        Assert.That(test.Show("rooms"), Is.EquivalentTo(["""rooms{i="2"} 2""", """rooms{i="3"} 3"""]), "there is room again");
        present = [];
        Assert.That(test.Show("rooms"), Is.Empty);
    }

    [Test]
    public void Collect_InstrumentOfALaterMeter_IsThere()
    {
        using var test = new CollectedMeter(null, "Test.Later.*");
        using var later = new Meter($"Test.Later.{test.Name}");
        later.CreateCounter<int>("orders").Add(3);

        Assert.That(test.Show("orders_total"), Is.EqualTo(["orders_total{} 3"]));
    }

    [Test]
    public void Collect_InstrumentThatIsGone_IsInOneMoreSnapshot()
    {
        using var test = new CollectedMeter();
        using (var meter = new Meter(test.Name))
        {
            meter.CreateCounter<int>("orders").Add(3);
        }

        Assert.That(test.Show("orders_total"), Is.EqualTo(["orders_total{} 3"]));
        Assert.That(test.Show("orders_total"), Is.Empty);
    }

    [Test]
    public void Collect_InstrumentThatComesBackBeforeTheNextSnapshot_GoesOnCounting()
    {
        using var test = new CollectedMeter();
        for (var i = 0; i < 3; i++)
        {
            using var meter = new Meter(test.Name);
            meter.CreateCounter<int>("orders").Add(3);
        }

        Assert.That(test.Show("orders_total"), Is.EqualTo(["orders_total{} 9"]));
        using (var meter = new Meter(test.Name))
        {
            meter.CreateCounter<int>("orders").Add(4);
            Assert.That(test.Show("orders_total"), Is.EqualTo(["orders_total{} 4"]), "after its last snapshot it begins anew");
        }
    }

    [Test]
    public void Collect_SameInstrumentOfTwoMeters_IsOneUnlessTheMetersDiffer()
    {
        using var test = new CollectedMeter();
        using var same = new Meter(test.Name);
        using var scoped = new Meter(new MeterOptions(test.Name) { Scope = new object() });
        using var other = new Meter(test.Name, "2.0");
        using var tagged = new Meter(new MeterOptions(test.Name) { Tags = [CollectedMeter.Tag("team", "blue")] });
        foreach (var (meter, value) in new[] { (test.Meter, 1), (same, 2), (scoped, 4), (other, 8), (tagged, 16) })
        {
            meter.CreateCounter<int>("orders").Add(value);
        }

        var scope = $"otel_scope_name=\"{test.Name}\"";
        Assert.That(test.Expose().Samples, Is.EquivalentTo(new Dictionary<string, double>
        {
            [$"orders_total{{{scope}}}"] = 7,
            [$"orders_total{{{scope},otel_scope_version=\"2.0\"}}"] = 8,
            [$"orders_total{{{scope},otel_scope_team=\"blue\"}}"] = 16,
        }));
    }

    [Test]
    public void Collect_OneNameWithTwoUnits_IsTwoInstruments()
    {
        using var test = new CollectedMeter();
        test.Meter.CreateHistogram<double>("duration", "s").Record(1);
        test.Meter.CreateHistogram<double>("duration", "ms").Record(2);

        var snapshot = test.Collector.Collect();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.Instruments.Select(static instrument => (instrument.Unit, instrument[0].Sum)), Is.EqualTo([("s", 1.0), ("ms", 2.0)]));
            Assert.That(Exposition.Parse(snapshot.ToPrometheusText()).Types.Keys, Is.EqualTo(["duration_milliseconds", "duration_seconds"]));
        }
    }

    [Test]
    public void Collect_MoreInstrumentsThanTheLimit_AreRefusedUntilOthersAreGone()
    {
        using var test = new CollectedMeter(static options => options.MaxInstruments = 2);
        using var first = new Meter(test.Name);
        first.CreateCounter<int>("a").Add(1);
        first.CreateCounter<int>("b").Add(1);
        test.Meter.CreateCounter<int>("c").Add(1);
        Assert.That(test.Collector.Collect().RefusedInstruments, Is.EqualTo(1));

        first.Dispose();
        test.Collector.Collect();
        test.Meter.CreateCounter<int>("d").Add(1);

        var snapshot = test.Collector.Collect();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.Instruments.Select(static instrument => instrument.Name), Is.EqualTo(["d"]));
            Assert.That(snapshot.RefusedInstruments, Is.EqualTo(1));
        }
    }

    [Test]
    public void Collect_CallbackThatThrows_IsCountedAndTheOthersAreThere()
    {
        using var test = new CollectedMeter();
        test.Meter.CreateObservableGauge("broken", static int () => throw new FormatException("no number today"));
        test.Meter.CreateObservableGauge("sound", static () => 5);

        var snapshot = test.Collector.Collect();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.FailedCallbacks, Is.EqualTo(1));
            Assert.That(snapshot.CallbackFailure?.InnerException, Is.TypeOf<FormatException>());
            Assert.That(snapshot.Instruments.Select(static instrument => (instrument.Name, instrument[0].Value)), Is.EqualTo([("sound", 5.0)]));
        }
    }

    [Test]
    public void Collect_FromACallback_IsRefusedAndTheSnapshotIsTakenAllTheSame()
    {
        using var test = new CollectedMeter();
        test.Meter.CreateObservableGauge("nested", () => test.Collector.Collect().Instruments.Count);
        test.Meter.CreateObservableGauge("sound", static () => 5);

        var snapshot = test.Collector.Collect();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.CallbackFailure?.InnerException, Is.TypeOf<InvalidOperationException>());
            Assert.That(snapshot.Instruments.Select(static instrument => instrument.Name), Is.EqualTo(["sound"]));
        }
    }

    [Test]
    public void Collect_CallbackThatPublishesInstruments_DoesNotHang()
    {
        using var test = new CollectedMeter();
        var counter = default(Counter<int>);
        test.Meter.CreateObservableGauge("creating", () =>
        {
            counter ??= test.Meter.CreateCounter<int>("created");
            counter.Add(1);
            return 1;
        });

        test.Collector.Collect();

        Assert.That(test.Show("created_total"), Is.EqualTo(["created_total{} 2"]));
    }

    [Test]
    public void Collect_HistogramWithAdvice_HasItsBoundariesEachIncludedInItsBucket()
    {
        using var test = new CollectedMeter();
        var advised = test.Meter.CreateHistogram("advised", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2, 5] });
        var single = test.Meter.CreateHistogram("single", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [] });
        var plain = test.Meter.CreateHistogram<int>("plain");
        foreach (var value in (double[])[0, 1, 1.5, 2, 5, 5.1])
        {
            advised.Record(value);
        }

        single.Record(7);
        plain.Record(10_000);

        var instruments = test.Collector.Collect().Instruments;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(instruments[0].Boundaries, Is.EqualTo([1, 2, 5]));
            Assert.That(instruments[0][0].BucketCounts.ToArray(), Is.EqualTo([2, 2, 1, 1]));
            Assert.That(instruments[1][0].BucketCounts.ToArray(), Is.EqualTo([1]));
            Assert.That(instruments[2].Boundaries, Is.EqualTo([0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000]));
            Assert.That(instruments[2][0].BucketCounts[14], Is.EqualTo(1));
        }
    }

    [TestCase("Shop", true)]
    [TestCase("shop", true)]
    [TestCase("Shop.Orders", false)]
    [TestCase("Depot", false)]
    [TestCase("Depot.North", true)]
    [TestCase("Depot.North.Gate", true)]
    [TestCase("Bay1", true)]
    [TestCase("Bay12", false)]
    public void Matches_NamesAndPatterns_AsTheyRead(string meter, bool expected) =>
        Assert.That(new MeterPatterns(["Shop", "Depot.*", "Bay?"]).Matches(meter), Is.EqualTo(expected));

    private static string Describe(SeriesSnapshot series) =>
        FormattableString.Invariant($"{string.Join(' ', series.Tags.Select(static tag => $"{tag.Key}={tag.Value}"))}: {series.Value}");

    private static void MeasureAll<T>(Meter meter, T first, T second)
        where T : struct
    {
        var type = typeof(T).Name;
        var counter = meter.CreateCounter<T>($"{type}.counter");
        var upDown = meter.CreateUpDownCounter<T>($"{type}.updown");
        var gauge = meter.CreateGauge<T>($"{type}.gauge");
        var histogram = meter.CreateHistogram<T>($"{type}.histogram");
        meter.CreateObservableCounter($"{type}.observable.counter", () => first);
        meter.CreateObservableUpDownCounter($"{type}.observable.updown", () => first);
        meter.CreateObservableGauge($"{type}.observable.gauge", () => first);
        foreach (var value in (T[])[first, second])
        {
            counter.Add(value);
            upDown.Add(value);
            gauge.Record(value);
            histogram.Record(value);
        }
    }

    private sealed class Hostile
    {
        public override string ToString() => throw new FormatException("I do not say.");
    }
}
