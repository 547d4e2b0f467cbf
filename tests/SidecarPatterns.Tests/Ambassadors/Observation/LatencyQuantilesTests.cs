using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LatencyQuantilesTests
{
    private static readonly double[] Parts = [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1];

    // As wide as durations are: from a tick to months.
    private static readonly Gen<long> Durations = Gen.Select(Gen.Int[0, 46], Gen.Double[0, 1]).Select(static (bits, part) => (long)((1L << bits) * (1 + part)));

    private readonly LatencyQuantiles _quantiles = new(new FakeTimeProvider());

    [Test]
    public void Quantile_Nothing_IsNull() => Assert.That(_quantiles.Quantile(0.5), Is.Null);

    [Test]
    public void Quantile_AnyDurations_AreWithinSevenPercent() =>
        Durations.Array[1, 1_024].Sample(static durations => Differences(durations, durations).All(static difference => difference <= 0.07), iter: 300);

    [Test]
    public void Quantile_MoreDurationsThanAreKept_AreThoseOfTheLatest()
    {
        // A generation has 1,024: of 5,000 the fourth one and the 904 after it are left.
        Durations.Array[5_000].Sample(
            static durations => Differences(durations, durations[(3 * 1_024)..]).All(static difference => difference <= 0.07), iter: 30);
    }

    [Test]
    public void Quantile_LoadChanges_FollowsWithinTwoThousand()
    {
        RecordSome(10_000, 1_000_000);
        RecordSome(2_048, 10);

        Assert.That(_quantiles.Quantile(1)!.Value.Ticks, Is.EqualTo(10));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(15)]
    public void Quantile_ShortDurations_AreExact(long ticks)
    {
        RecordSome(1, ticks);

        Assert.That(_quantiles.Quantile(0.5), Is.EqualTo(TimeSpan.FromTicks(ticks)));
    }

    [TestCase(16, 16)]
    [TestCase(1_000, 1_008)] // Of 992 to 1,023.
    [TestCase(1_000_000, 999_424)]
    public void Quantile_LongerDurations_AreTheMiddleOfTheirBucket(long ticks, long expected)
    {
        RecordSome(1, ticks);

        Assert.That(_quantiles.Quantile(0.5), Is.EqualTo(TimeSpan.FromTicks(expected)));
    }

    [TestCase(long.MinValue)]
    [TestCase(-1)]
    [TestCase(long.MaxValue)]
    public void Record_NoDurationAtAll_DoesNotThrow(long ticks)
    {
        RecordSome(5_000, ticks);

        Assert.That(_quantiles.Quantile(0.5), Is.GreaterThanOrEqualTo(TimeSpan.Zero));
    }

    [Test]
    public void Quantile_AThousandNewOnes_OldOnesAreKept()
    {
        RecordSome(2_048, 1_000);
        RecordSome(1_000, 10);

        Assert.That(_quantiles.Quantile(0.99)!.Value.Ticks, Is.EqualTo(1_000).Within(7).Percent);
    }

    [TestCase(double.NaN)]
    [TestCase(-1)]
    [TestCase(2)]
    [TestCase(double.PositiveInfinity)]
    public void Quantile_NoPartAtAll_DoesNotThrow(double part)
    {
        RecordSome(10, 100);

        Assert.That(_quantiles.Quantile(part), Is.Not.Null);
    }

    [Test]
    [Category("Memory")]
    public void Record_Always_AllocatesNothing()
    {
        RecordSome(5_000, 100);
        var before = GC.GetAllocatedBytesForCurrentThread();

        RecordSome(100_000, 100);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Record_ManyThreads_QuantilesAreAlwaysOfWhatWasRecorded()
    {
        var recording = Together.RunAsync(4, _ =>
        {
            for (var i = 0; i < 200_000; i++)
            {
                _quantiles.Record(1_000 + (i % 1_000));
            }
        });

        while (!recording.IsCompleted)
        {
            foreach (var part in Parts)
            {
                if (_quantiles.Quantile(part) is { } quantile)
                {
                    Assert.That(quantile.Ticks, Is.InRange(930, 2_140));
                }
            }
        }

        await recording.InTime();
        RecordSome(2_048, 10);
        Assert.That(Parts.Select(part => _quantiles.Quantile(part)!.Value.Ticks), Is.All.EqualTo(10), "nothing of before is left");
    }

    private static IEnumerable<double> Differences(long[] recorded, long[] expected)
    {
        var quantiles = new LatencyQuantiles(new FakeTimeProvider());
        Array.ForEach(recorded, quantiles.Record);
        var sorted = expected.Order().ToList();
        foreach (var part in Parts)
        {
            var exact = sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Count) - 1)];
            yield return Math.Abs(quantiles.Quantile(part)!.Value.Ticks - exact) / (double)Math.Max(1, exact);
        }
    }

    private void RecordSome(int count, long ticks)
    {
        for (var i = 0; i < count; i++)
        {
            _quantiles.Record(ticks);
        }
    }
}
