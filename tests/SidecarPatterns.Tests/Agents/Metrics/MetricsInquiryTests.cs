using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>What queries in the process answer.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class MetricsInquiryTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private CollectedMeter _test = null!;
    private MetricsInquiry _inquiry = null!;

    [SetUp]
    public void Begin()
    {
        _test = new CollectedMeter();
        _inquiry = Inquire(history: 7);
    }

    [TearDown]
    public void End() => _test.Dispose();

    [Test]
    public void GetValue_EachKind_IsWhatItShows()
    {
        var counter = _test.Meter.CreateCounter<int>("counter");
        counter.Add(1, CollectedMeter.Tag("a", "x"), CollectedMeter.Tag("b", 1));
        counter.Add(2, CollectedMeter.Tag("a", "x"), CollectedMeter.Tag("b", 2));
        counter.Add(4);
        _test.Meter.CreateHistogram<int>("histogram").Record(5);
        var gauge = _test.Meter.CreateGauge<int>("gauge");
        gauge.Record(7, CollectedMeter.Tag("a", "x"));
        gauge.Record(9, CollectedMeter.Tag("a", "y"));
        _inquiry.TakeNext();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_inquiry.GetValue("counter"), Is.EqualTo(7));
            Assert.That(_inquiry.GetValue("COUNTER", With("a", "x")), Is.EqualTo(3));
            Assert.That(_inquiry.GetValue("counter", With("b", "2")), Is.EqualTo(2), "values are compared by what they read as");
            Assert.That(_inquiry.GetValue("counter", With("a", null)), Is.EqualTo(4));
            Assert.That(_inquiry.GetValue("counter", With("a", "z")), Is.Null);
            Assert.That(_inquiry.GetValue("counter", new MetricFilter { Meter = _test.Name.ToUpperInvariant() }), Is.EqualTo(7));
            Assert.That(_inquiry.GetValue("counter", new MetricFilter { Meter = "Other" }), Is.Null);
            Assert.That(_inquiry.GetValue("histogram"), Is.EqualTo(1));
            Assert.That(_inquiry.GetValue("gauge"), Is.Null, "gauges do not add up");
            Assert.That(_inquiry.GetValue("gauge", With("a", "y")), Is.EqualTo(9));
            Assert.That(_inquiry.GetValue("nothing"), Is.Null);
        }
    }

    [Test]
    public void GetValue_OneNameInSeveralInstruments_TheFirstIsMeantAndThoseLikeItAdd()
    {
        using var other = new Meter(_test.Name, "2.0");
        _test.Meter.CreateCounter<int>("size", "By").Add(1);
        other.CreateCounter<int>("size", "By").Add(2);
        other.CreateCounter<double>("size", "By").Add(4);
        other.CreateCounter<int>("size", "s").Add(8);
        other.CreateGauge<int>("size", "By").Record(16);
        _inquiry.TakeNext();

        Assert.That(_inquiry.GetValue("size"), Is.EqualTo(7));
    }

    [Test]
    public void GetRate_Counter_IsWhatWasCountedBetweenSnapshotsOfTheWindow()
    {
        var counter = _test.Meter.CreateCounter<int>("counter");
        Next();
        counter.Add(1_000);
        Next();
        counter.Add(100);
        Next();
        counter.Add(300);
        Next();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_inquiry.GetRate("counter", TimeSpan.FromSeconds(20)), Is.EqualTo(20), "400 in 20 s");
            Assert.That(_inquiry.GetRate("counter", TimeSpan.FromSeconds(29)), Is.EqualTo(20), "that is as far as a whole snapshot goes");
            Assert.That(_inquiry.GetRate("counter", TimeSpan.FromSeconds(1)), Is.EqualTo(30), "at least the one before");
            Assert.That(_inquiry.GetRate("counter", Minute), Is.EqualTo(1_400.0 / 30).Within(1e-9), "as far as there are snapshots; the series began in it, at zero");
        }
    }

    [Test]
    public void GetRate_TooLittleIsKnown_IsNothing()
    {
        Assert.That(_inquiry.GetRate("counter", Minute), Is.Null);
        _test.Meter.CreateCounter<int>("counter").Add(1);
        Next();
        Assert.That(_inquiry.GetRate("counter", Minute), Is.Null);
        Next();
        Assert.That(_inquiry.GetRate("counter", Minute), Is.Zero);
        Assert.That(_inquiry.GetRate("other", Minute), Is.Null);
    }

    [Test]
    public void GetRate_WallClockIsSet_MeasuresTheTimeThatPassed()
    {
        var counter = _test.Meter.CreateCounter<int>("counter");
        Next();
        counter.Add(100);
        _test.Clock.JumpWallClock(TimeSpan.FromDays(-1));
        Next();

        Assert.That(_inquiry.GetRate("counter", Minute), Is.EqualTo(10));
    }

    [Test]
    public void GetRate_ObservedCounter_BeginsWithItsFirstValueAndSurvivesItsFall()
    {
        long? value = null;
        _test.Meter.CreateObservableCounter("counter", () => value is { } seen ? [new Measurement<long>(seen)] : Array.Empty<Measurement<long>>());
        _test.Meter.CreateCounter<int>("told").Add(1);
        Next();
        foreach (var next in (long[])[5_000, 5_100, 40])
        {
            value = next;
            Next();
        }

        Assert.That(_inquiry.GetRate("counter", Minute), Is.EqualTo((100 + 40) / 30.0).Within(1e-9));
    }

    [Test]
    public void GetRate_InstrumentThatEndedAndCameBack_CountsBoth()
    {
        Next();
        using (var meter = new Meter(_test.Name))
        {
            meter.CreateCounter<int>("counter").Add(100);
        }

        Next();
        Next();
        using (var meter = new Meter(_test.Name))
        {
            meter.CreateCounter<int>("counter").Add(200);
            Next();
        }

        Assert.That(_inquiry.GetRate("counter", Minute), Is.EqualTo(10), "300 in 30 s");
    }

    [Test]
    public void GetRate_WhatGoesUpAndDown_IsItsSlope()
    {
        var open = _test.Meter.CreateUpDownCounter<int>("open");
        var warmth = _test.Meter.CreateGauge<double>("warmth");
        open.Add(50, CollectedMeter.Tag("a", 1));
        open.Add(50, CollectedMeter.Tag("a", 2));
        warmth.Record(20);
        Next();
        open.Add(-30, CollectedMeter.Tag("a", 1));
        warmth.Record(25);
        Next();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_inquiry.GetRate("open", Minute), Is.EqualTo(-3));
            Assert.That(_inquiry.GetRate("warmth", Minute), Is.EqualTo(0.5));
        }
    }

    [Test]
    public void GetQuantile_OfTheWindow_IsInterpolatedInItsBucket()
    {
        var histogram = _test.Meter.CreateHistogram("took", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2, 4] });
        histogram.Record(3.9);
        Next();
        for (var i = 0; i < 8; i++)
        {
            histogram.Record(0.5, CollectedMeter.Tag("a", 1));
            histogram.Record(3, CollectedMeter.Tag("a", 2));
        }

        Next();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_inquiry.GetQuantile("took", 0.25, Interval), Is.EqualTo(0.5), "half of the way through the first bucket");
            Assert.That(_inquiry.GetQuantile("took", 0.5, Interval), Is.EqualTo(1));
            Assert.That(_inquiry.GetQuantile("took", 0.75, Interval), Is.EqualTo(3), "an empty bucket is passed over");
            Assert.That(_inquiry.GetQuantile("took", 1, Interval), Is.EqualTo(4));
            Assert.That(_inquiry.GetQuantile("took", 0.5, Interval, With("a", 2)), Is.EqualTo(3));
            Assert.That(_inquiry.GetQuantile("took", 0, Interval, With("a", 2)), Is.EqualTo(2));
            Assert.That(_inquiry.GetRate("took", Interval), Is.EqualTo(1.6));
            Assert.That(_inquiry.GetQuantile("took", 0.5, Interval, With("a", 3)), Is.Null);
        }

        histogram.Record(1_000);
        Next();
        Next();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_inquiry.GetQuantile("took", 0.5, 2 * Interval), Is.EqualTo(4), "what lies above the last boundary is not known closer");
            Assert.That(_inquiry.GetQuantile("took", 0.5, Interval), Is.Null, "nothing was measured");
        }
    }

    [Test]
    public void GetQuantile_RandomMeasurements_IsWithinTheirBucket([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var histogram = _test.Meter.CreateHistogram<double>("took");
        Next();
        var values = Enumerable.Range(0, random.Next(1, 500)).Select(_ => Math.Pow(10, 4 * random.NextDouble())).Order().ToList();
        values.ForEach(value => histogram.Record(value));
        Next();

        double[] bounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
        using (Assert.EnterMultipleScope())
        {
            foreach (var quantile in (double[])[0.01, 0.5, 0.9, 0.99, 1])
            {
                var exact = values[Math.Max(0, (int)Math.Ceiling(quantile * values.Count) - 1)];
                var upper = bounds.First(bound => bound >= exact);
                var lower = bounds.Last(bound => bound < exact);
                Assert.That(_inquiry.GetQuantile("took", quantile, Interval), Is.InRange(lower, upper), $"{quantile} of {values.Count}, which is {exact}");
            }
        }
    }

    [Test]
    public void Quantile_FirstBucketBelowZero_IsItsBoundary() => Assert.That(Buckets.Quantile(0.5, [-1, 1], [4, 0, 0]), Is.EqualTo(-1));

    [Test]
    public void Queries_WrongArguments_AreRefused()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => _inquiry.GetValue(null!), Throws.ArgumentNullException);
            Assert.That(() => _inquiry.GetRate("x", TimeSpan.Zero), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => _inquiry.GetQuantile("x", 1.1, Minute), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => _inquiry.GetQuantile("x", double.NaN, Minute), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => _inquiry.GetQuantile("x", 0.5, -Minute), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }

    [Test]
    public void History_MoreSnapshotsThanItHolds_HasTheLastOnes()
    {
        for (var i = 0; i < 20; i++)
        {
            Next();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_inquiry.History, Has.Count.EqualTo(7));
            Assert.That(_inquiry.History[^1], Is.SameAs(_inquiry.Current));
            Assert.That(_inquiry.Current.Time - _inquiry.History[0].Time, Is.EqualTo(6 * Interval));
        }
    }

    [Test]
    public void Collect_BetweenSnapshots_IsFreshAndNotKept()
    {
        var counter = _test.Meter.CreateCounter<int>("counter");
        counter.Add(1);
        Next();
        counter.Add(1);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_inquiry.Collect().Instruments[0][0].Value, Is.EqualTo(2));
            Assert.That(_inquiry.GetValue("counter"), Is.EqualTo(1));
            Assert.That(_inquiry.History, Has.Count.EqualTo(1));
        }
    }

    private void Next()
    {
        _test.Clock.Advance(Interval);
        _inquiry.TakeNext();
    }

    private MetricsInquiry Inquire(int history)
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_test.Clock).BuildServiceProvider();
        return new MetricsInquiry(_test.Collector, Options.Create(new MetricsAgentOptions { History = history }), services);
    }

    private static MetricFilter With(string key, object? value) => new() { Tags = { [key] = value } };
}
