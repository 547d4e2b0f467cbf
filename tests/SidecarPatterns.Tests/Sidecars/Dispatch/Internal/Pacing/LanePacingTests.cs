namespace SidecarPatterns.Tests;

/// <summary>How a lane keeps to the rate of its sidecar.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class LanePacingTests
{
    private readonly TestClock _clock = new();

    [Test]
    public void MayTake_NoRateAndNoGovernor_IsAlwaysSaid()
    {
        var pacing = new LanePacing(limiter: null, governed: null, _clock);
        for (var i = 0; i < 3; i++)
        {
            Assert.That((pacing.MayTake(), pacing.MustWait), Is.EqualTo((true, false)));
            pacing.OnTaken(100);
        }
    }

    [Test]
    public async Task MayTake_OncePerPermit_WaitsForTheNextInBetween()
    {
        var pacing = new LanePacing(new PacedRateLimiter(1, _clock), governed: null, _clock);
        Assert.That((pacing.MayTake(), pacing.MustWait), Is.EqualTo((true, false)));
        Assert.That((pacing.MayTake(), pacing.MustWait), Is.EqualTo((true, false)), "nothing has been taken for it yet");
        pacing.OnTaken(1);
        Assert.That((pacing.MayTake(), pacing.MustWait), Is.EqualTo((false, true)));

        var wait = pacing.WaitAsync(CancellationToken.None).AsTask();
        Assert.That(wait.IsCompleted, Is.False);
        await _clock.PassAsync(TimeSpan.FromSeconds(1));
        await wait.InTime();

        Assert.That(pacing.MustWait, Is.False);
        Assert.That((pacing.MayTake(), pacing.MustWait), Is.EqualTo((true, false)));
        pacing.OnTaken(1);
        Assert.That(pacing.MayTake(), Is.False);
    }

    [Test]
    public async Task OnTaken_SeveralAtOnce_TheNextPermitIsDueAfterAllOfThem()
    {
        var pacing = new LanePacing(new PacedRateLimiter(1, _clock), governed: null, _clock);
        Assert.That(pacing.MayTake(), Is.True);
        pacing.OnTaken(3);
        Assert.That(pacing.MayTake(), Is.False);

        var wait = pacing.WaitAsync(CancellationToken.None).AsTask();
        await _clock.PassAsync(TimeSpan.FromSeconds(3));

        await wait.InTime();
    }

    [Test]
    public async Task WaitAsync_LaneIsToLeave_EndsWithoutAPermit()
    {
        var pacing = new LanePacing(new PacedRateLimiter(1, _clock), governed: null, _clock);
        Assert.That(pacing.MayTake(), Is.True);
        pacing.OnTaken(1);
        using var leaving = new CancellationTokenSource();
        var wait = pacing.WaitAsync(leaving.Token).AsTask();

        await leaving.CancelAsync();

        Assert.That(await wait.FailureAsync(), Is.Null);
        Assert.That(pacing.MayTake(), Is.False);
    }
}
