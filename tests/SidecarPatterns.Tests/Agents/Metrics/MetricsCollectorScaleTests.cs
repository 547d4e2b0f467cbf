using System.Diagnostics.Metrics;
using System.Globalization;

namespace SidecarPatterns.Tests;

/// <summary>A hundred thousand series.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class MetricsCollectorScaleTests
{
    private const int Many = 100_000;

    [Test]
    public void Collect_AHundredThousandSetsOfTags_TheLimitHoldsAndTheOverflowHasTheRest()
    {
        using var test = new CollectedMeter();
        var counter = test.Meter.CreateCounter<int>("orders");
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < Many; i++)
            {
                counter.Add(1, CollectedMeter.Tag("customer", i.ToString(CultureInfo.InvariantCulture)));
            }
        }

        var instrument = test.Collector.Collect().Instruments[0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(instrument, Has.Count.EqualTo(2_001));
            Assert.That(instrument.Where(static series => !series.IsOverflow).Select(static series => series.Value), Is.All.EqualTo(2));
            Assert.That(instrument.Single(static series => series.IsOverflow).Value, Is.EqualTo(2 * (Many - 2_000)));
        }
    }

    [Test]
    public void Collect_AHundredThousandSeriesThatAreAllowed_AreAllThere()
    {
        using var test = new CollectedMeter(static options => options.CardinalityLimit = Many);
        var counter = test.Meter.CreateCounter<int>("orders");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Many; i++)
        {
            counter.Add(i, CollectedMeter.Tag("customer", i));
        }

        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        var exposition = test.Expose().Of("orders_total");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exposition, Has.Count.EqualTo(Many));
            Assert.That(exposition["""orders_total{customer="99999"}"""], Is.EqualTo(99_999));
            Assert.That(bytes / Many, Is.LessThan(1_500), "bytes for each series, all that was allocated on the way");
        }
    }

    [Test]
    public void Collect_ObservedSeriesThatAreNewEachTime_DoNotPileUp()
    {
        using var test = new CollectedMeter();
        var round = 0;
        test.Meter.CreateObservableGauge(
            "rooms", () => Enumerable.Range(round * 1_000, 1_000).Select(static i => new Measurement<int>(1, CollectedMeter.Tag("i", i))));
        for (round = 0; round < 100; round++)
        {
            var instrument = test.Collector.Collect().Instruments[0];
            Assert.That(instrument.Count(static series => !series.IsOverflow), Is.EqualTo(1_000), $"round {round}");
        }
    }
}
