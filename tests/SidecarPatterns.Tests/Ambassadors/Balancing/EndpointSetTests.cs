namespace SidecarPatterns.Tests;

/// <summary>What the endpoint in the middle takes, which counts for those of which nothing is known.</summary>
[TestFixture]
internal sealed class EndpointSetTests
{
    private readonly ManualClock _clock = new();
    private readonly BalancingScale _scale = new(new AmbassadorBalancingOptions(), new ManualClock());

    [Test]
    public void MedianAt_SomeAreKnown_IsTheOneInTheMiddleOfThose()
    {
        var set = SetOf(0.4, -1, 0.1, 0.2, -1);

        Assert.That(set.MedianAt(_clock.Now, _scale), Is.EqualTo(0.2).Within(1e-6));
    }

    [Test]
    public void MedianAt_ManyEndpoints_IsThatOfAnEvenSample()
    {
        var set = SetOf([.. Enumerable.Range(1, 100).Select(static i => (double)i)]);

        Assert.That(set.MedianAt(_clock.Now, _scale), Is.EqualTo(50).Within(2));
    }

    [Test]
    public void MedianAt_ThereIsNews_IsReckonedAnewOnceASecond()
    {
        var set = SetOf(0.1);
        Assert.That(set.MedianAt(_clock.Now, _scale), Is.EqualTo(0.1).Within(1e-6));

        set.All[0].RecordAnswer(2, _clock.Now, _scale);
        _clock.Pass(TimeSpan.FromSeconds(0.9));
        Assert.That(set.MedianAt(_clock.Now, _scale), Is.EqualTo(0.1).Within(1e-6));
        _clock.Pass(TimeSpan.FromSeconds(0.1));
        Assert.That(set.MedianAt(_clock.Now, _scale), Is.EqualTo(2 * Math.Exp(-0.1)).Within(1e-3));
    }

    [Test]
    public void MedianAt_NothingIsKnown_IsReckonedAnewAtOnce()
    {
        var set = SetOf(-1, -1);
        Assert.That(set.MedianAt(_clock.Now, _scale), Is.Zero);

        set.All[1].RecordAnswer(0.3, _clock.Now, _scale);

        Assert.That(set.MedianAt(_clock.Now, _scale), Is.EqualTo(0.3).Within(1e-6));
    }

    private EndpointSet SetOf(params double[] seconds)
    {
        BalancedEndpoint[] all = [.. seconds.Select((_, i) => _clock.CreateEndpoint(i))];
        for (var i = 0; i < all.Length; i++)
        {
            if (seconds[i] >= 0)
            {
                all[i].RecordAnswer(seconds[i], _clock.Now, _scale);
            }
        }

        return new EndpointSet(all, [new EndpointTier(all)], []);
    }
}
