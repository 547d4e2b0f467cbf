namespace SidecarPatterns.Tests;

/// <summary>After how long a second request is sent.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HedgeDelayTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(3);

    private readonly TestClock _clock = new();
    private readonly AmbassadorHedgingOptions _options = new() { MinimumSamples = 1, Quantile = 1 };
    private readonly HedgeDelay _delay;

    public HedgeDelayTests() => _delay = new HedgeDelay(_clock);

    [Test]
    public void Next_NothingIsKnown_IsTheOptionsDelayOrNone()
    {
        var none = Next();
        _options.Delay = Short;

        Assert.That((none, Next()), Is.EqualTo(((TimeSpan?)null, Short)));
    }

    [TestCase(9, 10)]
    [TestCase(10, 10)]
    [TestCase(11, 11)]
    public void Next_OptionsDelay_IsNotShorterThanTheShortest(int delay, int expected)
    {
        _options.Delay = TimeSpan.FromMilliseconds(delay);

        Assert.That(Next(), Is.EqualTo(TimeSpan.FromMilliseconds(expected)));
    }

    [TestCase(500, false)]
    [TestCase(404, true)]
    public async Task Attempt_HasEnded_IsLearntFromUnlessItFailed(int status, bool expected)
    {
        await using var calling = new Calling(static options => (options.Hedging.Enabled, options.Retry.MaxAttempts) = (true, 1));
        calling.Server.Then(status);

        (await calling.GetAsync().InTime()).Dispose();

        Assert.That(calling.State.HedgeDelay.Latencies.Quantile(0.5) is not null, Is.EqualTo(expected));
    }

    [Test]
    public void Next_EnoughIsKnown_IsWhatWasLearntAndNotTheOptionsDelay()
    {
        (_options.Delay, _options.MinimumSamples) = (Long, 2);
        _delay.Record(Short.Ticks);
        Assert.That(Next(), Is.EqualTo(Long));
        _clock.Advance(TimeSpan.FromSeconds(1));

        _delay.Record(Short.Ticks);

        Assert.That(Next()!.Value.TotalMilliseconds, Is.EqualTo(Short.TotalMilliseconds).Within(7).Percent);
    }

    [Test]
    public void Next_CallsFollowEachOther_IsWorkedOutTenTimesASecond()
    {
        _delay.Record(Short.Ticks);
        var first = Next();
        _delay.Record(Long.Ticks);

        _clock.Advance(TimeSpan.FromMilliseconds(99));
        Assert.That(Next(), Is.EqualTo(first));
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That(Next()!.Value.TotalMilliseconds, Is.EqualTo(Long.TotalMilliseconds).Within(7).Percent);
    }

    [Test]
    public void Next_OtherOptions_IsWorkedOutAnew()
    {
        _delay.Record(Short.Ticks);
        _delay.Record(Long.Ticks);
        Assert.That(Next()!.Value.TotalMilliseconds, Is.EqualTo(Long.TotalMilliseconds).Within(7).Percent);

        var next = _delay.Next(new AmbassadorHedgingOptions { MinimumSamples = 1, Quantile = 0.5 }, _clock.GetTimestamp());

        Assert.That(next!.Value.TotalMilliseconds, Is.EqualTo(Short.TotalMilliseconds).Within(7).Percent);
    }

    private TimeSpan? Next() => _delay.Next(_options, _clock.GetTimestamp());
}
