namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(60_000)]
internal sealed class LatencyQuantilesTests
{
    [Test]
    public void Quantile_NothingRecorded_IsNull() => Assert.That(new LatencyQuantiles(new TestClock()).Quantile(0.5), Is.Null);

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(15)]
    [TestCase(16)]
    [TestCase(1_000_003)]
    [TestCase(long.MaxValue)]
    public void Quantile_OneDuration_IsThatToWithinSevenPercent(long ticks)
    {
        var quantiles = new LatencyQuantiles(new TestClock());

        quantiles.Record(ticks);

        Assert.That(quantiles.Quantile(0.99)!.Value.Ticks, Is.EqualTo(ticks).Within(7).Percent);
    }

    [Test]
    public void Record_Negative_CountsAsNone()
    {
        var quantiles = new LatencyQuantiles(new TestClock());

        quantiles.Record(-5);

        Assert.That(quantiles.Quantile(0.5), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void Quantile_RandomDurations_AreWithinSevenPercent()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var quantiles = new LatencyQuantiles(new TestClock());
            var durations = Enumerable.Range(0, random.Next(1, 1_000)).Select(_ => (long)Math.Exp(random.NextDouble() * 40)).ToList();
            durations.ForEach(quantiles.Record);
            durations.Sort();
            foreach (var part in new[] { 0, 0.01, 0.5, 0.95, 0.99, 1 })
            {
                var exact = durations[Math.Max(0, (int)Math.Ceiling(part * durations.Count) - 1)];

                Assert.That(quantiles.Quantile(part)!.Value.Ticks, Is.EqualTo(exact).Within(7).Percent, $"seed {seed}, {part}");
            }
        }
    }

    [Test]
    public void Record_TwoThousandNewOnes_ForgetsTheOldOnes()
    {
        var quantiles = new LatencyQuantiles(new TestClock());
        for (var i = 0; i < 5_000; i++)
        {
            quantiles.Record(1_000_000);
        }

        for (var i = 0; i < 2_048; i++)
        {
            quantiles.Record(10);
        }

        Assert.That(quantiles.Quantile(1), Is.EqualTo(TimeSpan.FromTicks(10)));
    }

    [Test]
    public void Record_OneThousandNewOnes_KeepsOldOnes()
    {
        var quantiles = new LatencyQuantiles(new TestClock());
        for (var i = 0; i < 2_048; i++)
        {
            quantiles.Record(1_000);
        }

        for (var i = 0; i < 1_000; i++)
        {
            quantiles.Record(10);
        }

        Assert.That(quantiles.Quantile(0.99)!.Value.Ticks, Is.EqualTo(1_000).Within(7).Percent);
    }

    [Test]
    public void Record_ManyThreads_ReadingsStayWithinWhatWasRecorded()
    {
        var quantiles = new LatencyQuantiles(new TestClock());
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                quantiles.Record(1_000 + (i % 1_000));
                if (i % 500 == 0)
                {
                    Assert.That(quantiles.Quantile(0.95)?.Ticks ?? 1_000, Is.InRange(930, 2_140));
                }
            }
        });
    }
}
