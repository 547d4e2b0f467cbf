using System.Diagnostics.Metrics;

namespace SidecarPatterns.Tests;

/// <summary>Several threads measure while snapshots are taken: nothing is lost, nothing counts twice.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class MetricsCollectorConcurrencyTests
{
    private const int Threads = 4;
    private const int Each = 40_000;

    [Test]
    public async Task Collect_WhileThreadsMeasure_TheIncreasesAddUpToWhatWasMeasured()
    {
        using var test = new CollectedMeter(static options => options.CardinalityLimit = 8);
        var counter = test.Meter.CreateCounter<long>("counter");
        var real = test.Meter.CreateCounter<double>("real");
        var histogram = test.Meter.CreateHistogram<int>("histogram");
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var measuring = Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            await start.Task;
            for (var i = 0; i < Each; i++)
            {
                // Some meet at one series, some come with new ones, and some are too many.
                counter.Add(1);
                counter.Add(1, CollectedMeter.Tag("i", i % 20));
                real.Add(0.5, CollectedMeter.Tag("a", i % 3), CollectedMeter.Tag("b", "x"));
                real.Add(0.5, CollectedMeter.Tag("b", "x"), CollectedMeter.Tag("a", i % 3));
                histogram.Record(i % 100);
            }
        })));
        start.SetResult();

        var last = (Counted: 0.0, Real: 0.0, Measured: 0L);
        var snapshots = 0;
        bool isDone;
        do
        {
            isDone = measuring.IsCompleted; // One more snapshot after the last measurement.
            var snapshot = test.Collector.Collect();
            var now = (Counted: Total(snapshot, "counter"), Real: Total(snapshot, "real"), Measured: (long)Total(snapshot, "histogram"));
            Assert.That(now.Counted >= last.Counted && now.Real >= last.Real && now.Measured >= last.Measured, Is.True, $"{now} after {last}");
            last = now;
            snapshots++;
        }
        while (!isDone);

        await measuring;
        var end = test.Collector.Collect().Instruments;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(last, Is.EqualTo((2.0 * Threads * Each, 1.0 * Threads * Each, (long)Threads * Each)), $"after {snapshots} snapshots");
            Assert.That(end[0], Has.Count.EqualTo(1 + 8 + 1), "without tags, eight sets of tags, and the rest");
            Assert.That(end[1], Has.Count.EqualTo(3));
            Assert.That(end[2][0].Sum, Is.EqualTo(Threads * (Each / 100) * 4950.0));
        }
    }

    [Test]
    public async Task Collect_WhileInstrumentsComeAndGo_EveryMeasurementIsInASnapshot()
    {
        using var test = new CollectedMeter();
        const int Meters = 300;
        var creating = Task.Run(() =>
        {
            for (var i = 0; i < Meters; i++)
            {
                using var meter = new Meter(test.Name);
                meter.CreateCounter<int>($"counter{i}").Add(1);
            }
        });

        var seen = new Dictionary<string, double>();
        bool isDone;
        do
        {
            isDone = creating.IsCompleted;
            foreach (var instrument in test.Collector.Collect().Instruments)
            {
                seen[instrument.Name] = instrument[0].Value;
            }
        }
        while (!isDone);

        await creating;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen, Has.Count.EqualTo(Meters));
            Assert.That(seen.Values, Is.All.EqualTo(1));
            Assert.That(test.Collector.Collect().Instruments, Is.Empty);
        }
    }

    [Test]
    public void Record_KnownSeries_AllocatesNothing()
    {
        using var test = new CollectedMeter();
        var counter = test.Meter.CreateCounter<int>("counter");
        var histogram = test.Meter.CreateHistogram<double>("histogram");
        object one = 1; // The caller's boxes are the caller's.
        Measure();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Measure();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Measure()
        {
            counter.Add(1);
            counter.Add(1, CollectedMeter.Tag("a", one), CollectedMeter.Tag("b", "x"));
            counter.Add(1, CollectedMeter.Tag("b", "x"), CollectedMeter.Tag("a", one));
            histogram.Record(1.5, CollectedMeter.Tag("a", one), CollectedMeter.Tag("b", "x"));
        }
    }

    private static double Total(MetricsSnapshot snapshot, string instrument) =>
        snapshot.Instruments.Where(candidate => candidate.Name == instrument).SelectMany(static candidate => candidate).Sum(static series => series.Value);
}
