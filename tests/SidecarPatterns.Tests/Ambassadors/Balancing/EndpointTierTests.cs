namespace SidecarPatterns.Tests;

/// <summary>The lot by which endpoints are drawn. Lots that are spread evenly show exactly how often each is.</summary>
[TestFixture]
internal sealed class EndpointTierTests
{
    private const int Lots = 20_000;

    [TestCase(1)]
    [TestCase(3, 3, 3)]
    [TestCase(1, 3)]
    [TestCase(1, 2, 5)]
    [TestCase(5, 5, 4, 2)]
    [TestCase(3, 2, 1)]
    [TestCase(1, 1, 1, 5)]
    [TestCase(1_000, 100, 10, 1)]
    public void Draw_EvenLots_EachAsOftenAsItsWeightSays(params double[] weights) => AssertShares(weights);

    [Test]
    public void Draw_EvenLotsAndAnyWeights_EachAsOftenAsItsWeightSays()
    {
        var random = new Random(4);
        for (var i = 0; i < 200; i++)
        {
            AssertShares([.. Enumerable.Range(0, random.Next(2, 12)).Select(_ => random.Next(3) == 0 ? random.Next(1, 5) : random.NextDouble() * 10)]);
        }
    }

    [Test]
    public void Draw_TheGreatestLot_IsThatOfTheLast() => Assert.That(TierOf(2, 2, 2).Draw(1), Is.EqualTo(2));

    private static void AssertShares(double[] weights)
    {
        var tier = TierOf(weights);
        var drawn = new int[weights.Length];
        for (var i = 0; i < Lots; i++)
        {
            drawn[tier.Draw((i + 0.5) / Lots)]++;
        }

        var expected = weights.Select(weight => weight / weights.Sum() * Lots).ToArray();
        Assert.That(drawn.Zip(expected, static (count, share) => Math.Abs(count - share)), Is.All.LessThan(2 * weights.Length), string.Join(' ', weights));
    }

    private static EndpointTier TierOf(params double[] weights)
    {
        var clock = new ManualClock();
        return new EndpointTier([.. weights.Select((weight, i) =>
        {
            var endpoint = clock.CreateEndpoint(i);
            endpoint.Be(new EndpointSpec(null, weight));
            return endpoint;
        })]);
    }
}
