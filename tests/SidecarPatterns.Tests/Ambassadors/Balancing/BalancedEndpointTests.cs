namespace SidecarPatterns.Tests;

/// <summary>What is to be reckoned with at an endpoint: what it takes, what is under way, and the part of its weight that it has.</summary>
[TestFixture]
internal sealed class BalancedEndpointTests
{
    private readonly ManualClock _clock = new();
    private readonly BalancingScale _scale = new(new AmbassadorBalancingOptions(), new ManualClock());

    [Test]
    public void Counts_SomeHaveEndedAndOneIsWithdrawn_AreThoseOfTheOthers()
    {
        var endpoint = _clock.CreateEndpoint();
        for (var i = 0; i < 5; i++)
        {
            endpoint.Enter();
        }

        endpoint.Leave();
        Assert.That((endpoint.Picks, endpoint.InFlight, endpoint.Ended), Is.EqualTo((5, 4, 1)));
        endpoint.Withdraw();

        Assert.That((endpoint.Picks, endpoint.InFlight, endpoint.Ended), Is.EqualTo((4, 3, 1)));
    }

    [Test]
    public void ShareAt_StartsSlowly_GrowsFromATenthToAllOfIt()
    {
        var endpoint = _clock.CreateEndpoint();
        endpoint.StartSlowly(_clock.Now);
        Assert.That(ShareOf(endpoint), Is.EqualTo(1), "what is not known is to be found out");
        endpoint.RecordAnswer(0.1, _clock.Now, _scale);

        var shares = new List<double>();
        foreach (var seconds in new[] { 0, 1, 4, 4, 1, 100 })
        {
            _clock.Pass(TimeSpan.FromSeconds(seconds));
            shares.Add(ShareOf(endpoint));
        }

        Assert.That(shares, Is.EqualTo([0.1, 0.1, 0.5, 0.9, 1, 1]).Within(1e-9));
    }

    [Test]
    public void ShareAt_NeverStartedSlowly_IsAllOfIt()
    {
        var endpoint = _clock.CreateEndpoint();
        endpoint.RecordAnswer(0.1, _clock.Now, _scale);

        Assert.That(ShareOf(endpoint), Is.EqualTo(1));
    }

    [Test]
    public void StartAnew_WhatItTook_IsForgottenAndItStartsSlowly()
    {
        var endpoint = _clock.CreateEndpoint();
        endpoint.RecordAnswer(20, _clock.Now, _scale);

        endpoint.StartAnew(_clock.Now);
        Assert.That(endpoint.IsKnown, Is.False);
        endpoint.RecordAnswer(0.1, _clock.Now, _scale);

        Assert.That((endpoint.SecondsAt(_clock.Now, _scale), ShareOf(endpoint)), Is.EqualTo((0.1, 0.1)).Within(1e-6));
    }

    [Test]
    public void LoadAt_Known_IsWhatItTakesAndThePartOfItsWeight()
    {
        var endpoint = _clock.CreateEndpoint();
        endpoint.Be(new EndpointSpec(null, Weight: 3));
        endpoint.RecordAnswer(0.2, _clock.Now, _scale);
        endpoint.StartSlowly(_clock.Now - TimeSpan.FromSeconds(5).Ticks);
        endpoint.Enter();

        var load = LoadOf(endpoint);

        Assert.That((load.Seconds, load.InFlight, load.Weight), Is.EqualTo((0.2, 1, 1.5)).Within(1e-6));
    }

    [Test]
    public void LoadAt_Unknown_IsAsThoseInTheMiddleUntilOneIsUnderWayThatFindsOut()
    {
        var (endpoint, peer) = (_clock.CreateEndpoint(), _clock.CreateEndpoint());
        peer.RecordAnswer(0.3, _clock.Now, _scale);

        Assert.That(LoadOf(endpoint, peer).Seconds, Is.EqualTo(0.3).Within(1e-6));
        endpoint.Enter();
        Assert.That(LoadOf(endpoint, peer).Seconds, Is.GreaterThan(1_000_000));
    }

    [TestCase(0.1, 20)]
    [TestCase(30, 30)]
    public void RecordThrottle_AsksToBeSpared_CostsThatMuchForThatLongAndThenStartsSlowly(double known, double expected)
    {
        var endpoint = _clock.CreateEndpoint();
        endpoint.RecordAnswer(known, _clock.Now, _scale);

        Throttle(endpoint, 0.1, retryAfter: 20);
        Assert.That(LoadOf(endpoint).Seconds, Is.EqualTo(expected).Within(1e-3));
        _clock.Pass(TimeSpan.FromSeconds(20) - TimeSpan.FromTicks(1));
        Assert.That(LoadOf(endpoint).Seconds, Is.EqualTo(20).Within(1e-3));
        _clock.Now++;

        Assert.That(LoadOf(endpoint).Seconds, Is.EqualTo(known * Math.Exp(-2)).Within(1).Percent, "what it took is not forgotten");
        Assert.That(ShareOf(endpoint), Is.EqualTo(0.1));
        _clock.Pass(TimeSpan.FromSeconds(5));
        Assert.That(ShareOf(endpoint), Is.EqualTo(0.5).Within(1e-9));
    }

    [Test]
    public void RecordThrottle_Again_IsSparedForTheLonger()
    {
        var endpoint = _clock.CreateEndpoint();
        endpoint.RecordAnswer(0.1, _clock.Now, _scale);
        Throttle(endpoint, 0.1, retryAfter: 10);
        _clock.Pass(TimeSpan.FromSeconds(5));

        Throttle(endpoint, 0.1, retryAfter: 12);
        Throttle(endpoint, 0.1, retryAfter: 6);
        _clock.Pass(TimeSpan.FromSeconds(11.9));
        Assert.That(LoadOf(endpoint).Seconds, Is.EqualTo(12).Within(1e-3));
        _clock.Pass(TimeSpan.FromSeconds(0.1));

        Assert.That(LoadOf(endpoint).Seconds, Is.LessThan(0.1));
    }

    [Test]
    public void RecordThrottle_TookLong_SpeaksAgainstItAlsoAfterwards()
    {
        var endpoint = _clock.CreateEndpoint();
        endpoint.RecordAnswer(0.1, _clock.Now, _scale);

        Throttle(endpoint, 30, retryAfter: 10);

        Assert.That((endpoint.SecondsAt(_clock.Now, _scale), LoadOf(endpoint).Seconds), Is.EqualTo((30, 30)).Within(1e-3));
    }

    private double ShareOf(BalancedEndpoint endpoint) => endpoint.ShareAt(_clock.Now, _scale);

    private EndpointLoad LoadOf(BalancedEndpoint endpoint, params BalancedEndpoint[] peers) => endpoint.LoadAt(_clock.Now, SetOf([endpoint, .. peers]), _scale);

    private void Throttle(BalancedEndpoint endpoint, double seconds, double retryAfter) =>
        endpoint.RecordThrottle(seconds, TimeSpan.FromSeconds(retryAfter), _clock.Now, SetOf([endpoint]), _scale);

    private static EndpointSet SetOf(BalancedEndpoint[] all) => new(all, [new EndpointTier(all)], []);
}
