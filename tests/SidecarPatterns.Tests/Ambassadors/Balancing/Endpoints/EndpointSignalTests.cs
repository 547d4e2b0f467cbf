namespace SidecarPatterns.Tests;

/// <summary>What wakes the sidecar that asks for endpoints.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class EndpointSignalTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly TestClock _clock = new();
    private readonly EndpointSignal _signal = new();

    [Test]
    public async Task Wait_SetBefore_EndsAtOnceAndTheNextOneWaits()
    {
        _signal.Set();
        _signal.Set();
        await WaitAsync().InTime();

        var next = WaitAsync();
        await _clock.ArmedAsync(Minute);
        Assert.That(next.IsCompleted, Is.False, "it was woken for that before");
        _signal.Set();

        await next.InTime();
        await _clock.NothingArmedAsync();
    }

    [Test]
    public async Task Wait_TimeIsOver_EndsAndLosesNoSignal()
    {
        var waiting = WaitAsync();
        await _clock.PassAsync(Minute);
        await waiting.InTime();

        _signal.Set();

        await WaitAsync().InTime();
    }

    [Test]
    public async Task Wait_IsCancelled_EndsByItsTokenAndLeavesNoTimer()
    {
        using var stop = new CancellationTokenSource();
        var waiting = _signal.WaitAsync(Minute, _clock, stop.Token);
        await _clock.ArmedAsync(Minute);

        await stop.CancelAsync();

        Assert.That(await waiting.FailureAsync(), Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(stop.Token));
        await _clock.NothingArmedAsync();
    }

    private Task WaitAsync() => _signal.WaitAsync(Minute, _clock, CancellationToken.None);
}
