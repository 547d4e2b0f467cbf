using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>The text of Prometheus: names, labels and numbers as OpenTelemetry's rules have them, and as a scraper takes them.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class PrometheusTextTests
{
    [TestCase("http.server.request.duration", "s", MetricKind.Histogram, "http_server_request_duration_seconds")]
    [TestCase("orders", null, MetricKind.Counter, "orders_total")]
    [TestCase("orders_total", null, MetricKind.Counter, "orders_total")]
    [TestCase("orders.total", "{order}", MetricKind.Counter, "orders_total")]
    [TestCase("sent", "By", MetricKind.Counter, "sent_bytes_total")]
    [TestCase("sent_bytes", "By", MetricKind.Counter, "sent_bytes_total")]
    [TestCase("sent_bytes_total", "By", MetricKind.Counter, "sent_bytes_total")]
    [TestCase("megabytes", "By", MetricKind.Gauge, "megabytes_bytes")]
    [TestCase("cpu.utilization", "1", MetricKind.Gauge, "cpu_utilization_ratio")]
    [TestCase("cpu.ratio", "1", MetricKind.UpDownCounter, "cpu_ratio")]
    [TestCase("cpu", "1", MetricKind.Counter, "cpu_total")]
    [TestCase("speed", "m/s", MetricKind.Gauge, "speed_meters_per_second")]
    [TestCase("flow", "{packet}/s", MetricKind.Gauge, "flow_per_second")]
    [TestCase("rate", "By/min", MetricKind.Gauge, "rate_bytes_per_minute")]
    [TestCase("load", "%", MetricKind.Gauge, "load_percent")]
    [TestCase("price", "$", MetricKind.Gauge, "price_dollars")]
    [TestCase("odd", "qu/", MetricKind.Gauge, "odd_qu")]
    [TestCase("odd", "{open", MetricKind.Gauge, "odd_open")]
    [TestCase("odd", "a{b}c", MetricKind.Gauge, "odd_ac")]
    [TestCase("odd", "{a}{b}", MetricKind.Gauge, "odd")]
    [TestCase("odd", "ké ", MetricKind.Gauge, "odd_k")]
    [TestCase("1st--of..all é", null, MetricKind.Gauge, "_1st_of_all_")]
    [TestCase("a:b", null, MetricKind.Gauge, "a:b")]
    [TestCase("9", null, MetricKind.Counter, "_9_total")]
    [TestCase("é", null, MetricKind.Gauge, "_")]
    public void Of_NameUnitAndKind_IsTheNameOfTheFamily(string instrument, string? unit, MetricKind kind, string expected) =>
        Assert.That(PrometheusName.Of(instrument, unit, kind), Is.EqualTo(expected));

    [Test]
    public void Of_LabelsOfAllSorts_AreEscapedJoinedRenamedOrLeftOut()
    {
        using var test = new CollectedMeter();
        test.Meter.CreateCounter<int>("orders").Add(
            1,
            CollectedMeter.Tag("quote", "say \"hi\""),
            CollectedMeter.Tag("path", "C:\\temp"),
            CollectedMeter.Tag("lines", "one\ntwo\r"),
            CollectedMeter.Tag("a.b", "1"),
            CollectedMeter.Tag("a_b", "2"),
            CollectedMeter.Tag("le", "5"),
            CollectedMeter.Tag("otel_scope_name", "mine"),
            CollectedMeter.Tag("__name__", "x"),
            CollectedMeter.Tag("8th", 0.1),
            CollectedMeter.Tag("empty", ""),
            CollectedMeter.Tag("", "no key"),
            CollectedMeter.Tag("day", new DateOnly(2026, 2, 1)),
            CollectedMeter.Tag("grüße", "żółć \ud83d\ude00 \ud83d"));

        Assert.That(test.Expose().Of("orders_total").Keys.Single(), Is.EqualTo(
            "orders_total{_8th=\"0.1\",_name_=\"x\",a_b=\"1;2\",day=\"02/01/2026\",exported_le=\"5\",exported_otel_scope_name=\"mine\","
            + "gr_e=\"żółć \ud83d\ude00 \ufffd\",lines=\"one\ntwo\r\",path=\"C:\\temp\",quote=\"say \"hi\"\"}"));
    }

    [Test]
    public void Write_HelpOfSeveralLines_IsOneLine()
    {
        using var test = new CollectedMeter();
        test.Meter.CreateCounter<int>("orders", null, "Orders \\ of\r\nthe day.").Add(1);

        Assert.That(test.Expose().Help["orders_total"], Is.EqualTo("Orders \\ of\nthe day."));
    }

    [Test]
    public void Write_Numbers_AreWrittenForEveryCulture()
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        try
        {
            using var test = new CollectedMeter();
            test.Meter.CreateGauge<double>("a").Record(1234.5, CollectedMeter.Tag("t", 0.5));
            test.Meter.CreateGauge<double>("b").Record(1e300);
            test.Meter.CreateGauge<double>("c").Record(double.NaN);
            test.Meter.CreateGauge<long>("d").Record(long.MinValue);
            test.Meter.CreateHistogram("e", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5] }).Record(-0.25);

            var text = test.Collector.Collect().ToPrometheusText();

            using (Assert.EnterMultipleScope())
            {
                Assert.That(text, Does.Contain(",t=\"0.5\"} 1234.5\n").And.Contain("} 1E+300\n").And.Contain("} NaN\n").And.Contain("} -9223372036854775808\n"));
                Assert.That(text, Does.Contain(",le=\"0.5\"} 1\n").And.Contain("} -0.25\n"));
                Assert.That(() => Exposition.Parse(text), Throws.Nothing);
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Test]
    public void Write_NamesThatClash_TheFirstPublishedHasTheName()
    {
        using var test = new CollectedMeter();
        test.Meter.CreateCounter<int>("orders").Add(1);
        test.Meter.CreateGauge<int>("orders_total").Record(2);
        test.Meter.CreateHistogram<int>("size").Record(3);
        test.Meter.CreateGauge<int>("size_count").Record(4);
        test.Meter.CreateGauge<int>("a.b").Record(5);
        test.Meter.CreateGauge<int>("a_b").Record(6);
        test.Meter.CreateGauge<int>("count_count").Record(7);
        test.Meter.CreateHistogram<int>("count").Record(8);

        var snapshot = test.Collector.Collect();
        var exposition = Exposition.Parse(snapshot.ToPrometheusText());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exposition.Types, Is.EquivalentTo(new Dictionary<string, string>
            {
                ["orders_total"] = "counter",
                ["size"] = "histogram",
                ["a_b"] = "gauge",
                ["count_count"] = "gauge",
            }));
            Assert.That(exposition.Of("a_b").Values, Is.EqualTo([5]));
            Assert.That(PrometheusText.FindClashes(snapshot).Select(static info => info.Name), Is.EqualTo(["orders_total", "size_count", "a_b", "count"]));
        }
    }

    [Test]
    public void Write_OneNameInTwoMeters_IsOneFamily()
    {
        using var test = new CollectedMeter(null, "Test.Other");
        using var other = new Meter("Test.Other");
        test.Meter.CreateCounter<int>("orders", null, "Ours.").Add(1);
        test.Meter.CreateCounter<int>("zero").Add(1);
        other.CreateCounter<int>("orders", null, "Theirs.").Add(2);

        var exposition = test.Expose();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                exposition.Samples.Where(static sample => sample.Key.StartsWith("orders", StringComparison.Ordinal)).Select(static sample => sample.Value),
                Is.EquivalentTo([1, 2]));
            Assert.That(exposition.Help["orders_total"], Is.EqualTo("Ours."));
        }
    }

    [Test]
    public void Write_NothingMeasured_IsEmpty()
    {
        using var test = new CollectedMeter();
        test.Meter.CreateCounter<int>("orders");

        Assert.That(test.Collector.Collect().ToPrometheusText(), Is.Empty);
    }

    [Test]
    public void Write_ToAWriterOfSmallPieces_IsTheSameText()
    {
        using var test = new CollectedMeter();
        var counter = test.Meter.CreateCounter<int>("orders");
        for (var i = 0; i < 1_000; i++)
        {
            counter.Add(i, CollectedMeter.Tag("i", i));
        }

        var snapshot = test.Collector.Collect();
        var pipe = new System.IO.Pipelines.Pipe(new System.IO.Pipelines.PipeOptions(pauseWriterThreshold: 0));
        snapshot.WritePrometheusText(pipe.Writer);
        pipe.Writer.Complete();
        using var reader = new StreamReader(pipe.Reader.AsStream(), Encoding.UTF8);

        Assert.That(reader.ReadToEnd(), Is.EqualTo(snapshot.ToPrometheusText()));
    }

    /// <summary>Names, labels and values of any characters, again and again: whatever comes in, a scraper can read what comes out.</summary>
    [Test]
    public void Write_RandomNamesAndTags_CanBeRead([Range(1, 30)] int seed)
    {
        var random = new Random(seed);
        using var test = new CollectedMeter(static options => options.CardinalityLimit = 20);
        for (var i = 0; i < 30; i++)
        {
            var (name, unit, description) = (RandomText(random), RandomText(random), RandomText(random));
            Action<KeyValuePair<string, object?>[]> measure = random.Next(4) switch
            {
                0 when test.Meter.CreateCounter<int>(name, unit, description) is var counter => tags => counter.Add(1, tags),
                1 when test.Meter.CreateGauge<double>(name, unit, description) is var gauge => tags => gauge.Record(random.NextDouble(), tags),
                2 when test.Meter.CreateHistogram<int>(name, unit, description) is var histogram => tags => histogram.Record(random.Next(20_000), tags),
                _ when test.Meter.CreateUpDownCounter<long>(name, unit, description) is var upDown => tags => upDown.Add(-1, tags),
                _ => throw new InvalidOperationException("There is always one."),
            };
            for (var count = 0; count < 30; count++)
            {
                measure([.. Enumerable.Range(0, random.Next(4)).Select(_ => CollectedMeter.Tag(RandomText(random), RandomText(random)))]);
            }
        }

        var text = test.Collector.Collect().ToPrometheusText();
        Assert.That(() => Exposition.Parse(text), Throws.Nothing);
        if (Promtool.IsInstalled)
        {
            var (exitCode, output) = Promtool.Check(text);
            Assert.That(exitCode, Is.Not.EqualTo(1), output);
        }
    }

    /// <summary>Prometheus' own reader, and its rules of style. Debian's package prometheus has it.</summary>
    [Test]
    public void Write_EveryKindOfInstrument_PassesPromtool()
    {
        if (!Promtool.IsInstalled)
        {
            Assert.Ignore("promtool is not installed: apt-get install prometheus");
        }

        using var test = new CollectedMeter();
        test.Meter.CreateCounter<long>("shop.orders", "{order}", "Orders that were taken.").Add(5, CollectedMeter.Tag("customer", "a \"b\" \\ \n c"));
        test.Meter.CreateUpDownCounter<int>("shop.baskets", "{basket}", "Baskets that are open.").Add(-2);
        test.Meter.CreateGauge<double>("shop.temperature", "Cel", "How warm it is.").Record(double.PositiveInfinity);
        test.Meter.CreateHistogram<double>("shop.checkout.duration", "s", "How long checkouts took.").Record(0.3, CollectedMeter.Tag("le", "x"));
        test.Meter.CreateObservableCounter("shop.sold", static () => 17, "By", "Bytes that were sold.");

        var (exitCode, output) = Promtool.Check(test.Collector.Collect().ToPrometheusText());

        Assert.That(exitCode, Is.Zero, output);
    }

    [Test]
    public void Write_TheRuntimesOwnMeters_AreReadByPromtool()
    {
        if (!Promtool.IsInstalled)
        {
            Assert.Ignore("promtool is not installed: apt-get install prometheus");
        }

        using var test = new CollectedMeter(static options => options.RuntimeMeters = true);
        var text = test.Collector.Collect().ToPrometheusText();
        var (exitCode, output) = Promtool.Check(text);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Exposition.Parse(text).Types.Keys, Does.Contain("dotnet_gc_collections_total"));
            Assert.That(exitCode, Is.Not.EqualTo(1), output); // Which stands for what can not be read; names are the runtime's own.
        }
    }

    private static string RandomText(Random random) => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(12) switch
    {
        0 => "_",
        1 => ".",
        2 => "\n",
        3 => "\\",
        4 => "\"",
        5 => "{",
        6 => "}",
        7 => "é",
        8 => "9",
        9 => "/",
        10 => ",",
        _ => ((char)('a' + random.Next(2))).ToString(),
    }));
}
